"""Reports take their place by their own clock; the late ones move nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.ingest.conftest import NOON, stored_samples


def test_a_late_report_joins_history_and_moves_nothing(
    recorder: Any, usage: Any
) -> None:
    from tracker.models import LLMSession, ThresholdEvent

    recorder.record([usage("s", 10, second=60)])

    (late,) = recorder.record([usage("s", 190_000, second=5)])

    session = LLMSession.objects.get()
    assert late.is_late is True
    assert late.budget.level == "critical"  # judged as it was then
    assert stored_samples() == [(190_000, True), (10, False)]
    assert (session.used_tokens, session.level, session.sample_count) == (10, "ok", 2)
    assert session.first_at == NOON + timedelta(seconds=5)
    assert session.last_at == NOON + timedelta(seconds=60)
    assert ThresholdEvent.objects.count() == 0


def test_a_late_one_within_the_same_group_is_late_too(
    recorder: Any, usage: Any
) -> None:
    answers = recorder.record(
        [usage("s", 1, second=3), usage("s", 2, second=1), usage("s", 3, second=5)]
    )

    assert [a.is_late for a in answers] == [False, True, False]
    assert stored_samples() == [(2, True), (1, False), (3, False)]


def test_a_lane_is_late_by_its_own_clock(recorder: Any, usage: Any) -> None:
    recorder.record([usage("s", 1, second=60)])

    (answer,) = recorder.record([usage("s", 2, second=5, lane="b")])

    assert answer.is_late is False


def test_equal_times_keep_arrival_order(recorder: Any, usage: Any) -> None:
    from tracker.models import LLMSession

    recorder.record([usage("s", n, second=7) for n in (5, 3, 9)])
    recorder.record([usage("s", 4, second=7)])

    assert [used for used, _ in stored_samples()] == [5, 3, 9, 4]
    assert LLMSession.objects.get().used_tokens == 4


@pytest.mark.parametrize(
    ("ahead", "is_skewed"), [(299, False), (300, False), (301, True), (10**9, True)]
)
def test_a_clock_more_than_five_minutes_ahead_is_not_believed(
    recorder: Any, usage: Any, ahead: int, is_skewed: bool
) -> None:
    from tracker.models import UsageSample

    recorder.record([usage("s", 1, second=ahead)])

    sample = UsageSample.objects.get()
    assert sample.is_clock_skewed is is_skewed
    assert sample.at == (NOON if is_skewed else NOON + timedelta(seconds=ahead))


def test_a_clock_far_behind_is_history(recorder: Any, usage: Any) -> None:
    recorder.record([usage("s", 1, second=-(10**9))])

    assert stored_samples() == [(1, False)]
