"""Recording: what a group of reports leaves in the store."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.ingest.conftest import NOON


@pytest.fixture
def recorder(project: Any) -> Any:
    from tracker.ingest.record import Recorder

    return Recorder()


def samples(**wanted: Any) -> list[tuple[int, bool]]:
    from tracker.models import UsageSample

    rows = UsageSample.objects.filter(**wanted).order_by("at", "pk")
    return list(rows.values_list("used_tokens", "is_late"))


def test_a_late_report_joins_history_and_moves_nothing(
    recorder: Any, usage: Any
) -> None:
    from tracker.models import LLMSession, ThresholdEvent

    recorder.record([usage("s", 10, second=60)])

    (late,) = recorder.record([usage("s", 190_000, second=5)])

    session = LLMSession.objects.get()
    assert late.is_late is True
    assert late.budget.level == "critical"  # judged as it was then
    assert samples() == [(190_000, True), (10, False)]
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
    assert samples() == [(2, True), (1, False), (3, False)]


def test_equal_times_keep_arrival_order(recorder: Any, usage: Any) -> None:
    from tracker.models import LLMSession

    recorder.record([usage("s", n, second=7) for n in (5, 3, 9)])
    recorder.record([usage("s", 4, second=7)])

    assert [used for used, _ in samples()] == [5, 3, 9, 4]
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

    assert samples() == [(1, False)]


def test_events_fire_at_the_samples_own_time(recorder: Any, usage: Any) -> None:
    from tracker.models import ThresholdEvent

    recorder.record([usage("s", 163_000, second=-86_400)])

    assert ThresholdEvent.objects.get().at == NOON - timedelta(days=1)


def test_a_jump_over_several_levels_is_one_event(recorder: Any, usage: Any) -> None:
    from tracker.models import ThresholdEvent

    recorder.record([usage("s", 1, second=0), usage("s", 197_000, second=1)])

    (event,) = ThresholdEvent.objects.values_list("from_level", "to_level")
    assert event == ("ok", "exceeded")


def test_trembling_at_a_threshold_fires_once(recorder: Any, usage: Any) -> None:
    from tracker.models import LLMSession, ThresholdEvent

    walk = [156_800, 156_799, 156_800, 153_000, 156_900, 152_880, 152_879]

    for second, used in enumerate(walk):
        recorder.record([usage("s", used, second=second)])

    events = list(ThresholdEvent.objects.order_by("pk").values_list("used_tokens"))
    assert events == [(156_800,), (152_879,)]
    assert LLMSession.objects.get().level == "ok"


def test_a_lane_has_its_own_gauge_and_fires_nothing(recorder: Any, usage: Any) -> None:
    from tracker.models import LLMSession, SessionLane, ThresholdEvent

    recorder.record([usage("s", 5, second=0), usage("s", 190_000, second=1, lane="b")])

    session, lane = LLMSession.objects.get(), SessionLane.objects.get()
    assert (session.used_tokens, session.sample_count) == (5, 1)
    assert (lane.name, lane.used_tokens, lane.level) == ("b", 190_000, "critical")
    assert lane.sample_count == 1
    assert ThresholdEvent.objects.count() == 0


def test_a_lane_is_late_by_its_own_clock(recorder: Any, usage: Any) -> None:
    recorder.record([usage("s", 1, second=60)])

    (answer,) = recorder.record([usage("s", 2, second=5, lane="b")])

    assert answer.is_late is False


def test_a_repeat_in_the_same_group_counts_once(recorder: Any, usage: Any) -> None:
    answers = recorder.record(
        [usage("s", 1, event_id="e"), usage("s", 2, event_id="e")]
    )

    assert [a.is_duplicate for a in answers] == [False, True]
    assert samples() == [(1, False)]


def test_the_same_id_in_another_session_is_another_report(
    recorder: Any, usage: Any
) -> None:
    answers = recorder.record(
        [usage("a", 1, event_id="e"), usage("b", 2, event_id="e")]
    )

    assert [a.is_duplicate for a in answers] == [False, False]


def test_a_refused_report_leaves_no_session_and_its_id_stays_free(
    recorder: Any, usage: Any
) -> None:
    from tracker.ingest.arrivals import Rejection
    from tracker.models import EventKey, LLMSession

    (refused,) = recorder.record([usage("s", 1, event_id="e", window_tokens=4_000)])
    left = LLMSession.objects.count() + EventKey.objects.count()
    (taken,) = recorder.record([usage("s", 1, event_id="e", window_tokens=9_000)])

    assert isinstance(refused, Rejection)
    assert refused.field == "window_tokens"
    assert left == 0
    assert taken.is_duplicate is False


def test_a_report_refused_for_the_model_of_the_one_before_leaves_its_id_free(
    recorder: Any, usage: Any
) -> None:
    from tracker.ingest.arrivals import Rejection
    from tracker.models import ConfigVersion, EventKey, Policy

    Policy.objects.create(
        name="roomy", model_pattern="big-model", reserved_tokens=8_000
    )
    ConfigVersion.bump()
    first, refused = recorder.record(
        [
            usage("s", 1, event_id="a", model="big-model"),
            usage("s", 1, event_id="b", window_tokens=6_000),
        ]
    )

    assert not isinstance(first, Rejection)
    assert isinstance(refused, Rejection)
    assert EventKey.objects.count() == 1


def test_a_compression_sets_the_gauge_and_fires(
    recorder: Any, usage: Any, compression: Any
) -> None:
    from tracker.models import Compression, LLMSession, ThresholdEvent

    recorder.record([usage("s", 190_000, second=0)])

    (answer,) = recorder.record(
        [compression("s", 190_000, 50_000, second=1, sets_gauge=True)]
    )

    session = LLMSession.objects.get()
    assert [(e.from_level, e.to_level) for e in answer.events] == [("critical", "ok")]
    assert (session.used_tokens, session.level) == (50_000, "ok")
    assert (session.compression_count, session.saved_tokens) == (1, 140_000)
    assert session.last_compression_at == NOON + timedelta(seconds=1)
    assert Compression.objects.get().sets_gauge is True
    assert ThresholdEvent.objects.count() == 2
    assert session.sample_count == 1  # a compression adds no sample


def test_a_compression_from_before_the_last_report_leaves_the_gauge(
    recorder: Any, usage: Any, compression: Any
) -> None:
    from tracker.models import Compression, LLMSession

    recorder.record([usage("s", 190_000, second=60)])

    recorder.record([compression("s", 180_000, 9, second=5, sets_gauge=True)])

    assert LLMSession.objects.get().used_tokens == 190_000
    assert Compression.objects.get().sets_gauge is False


def test_advice_is_recorded_and_counts_for_nothing(
    recorder: Any, usage: Any, compression: Any
) -> None:
    from tracker.models import Compression, LLMSession

    recorder.record([usage("s", 100, second=0)])

    recorder.record([compression("s", 100, 10, second=1, is_advice=True)])

    session = LLMSession.objects.get()
    assert (session.compression_count, session.saved_tokens) == (0, 0)
    assert session.used_tokens == 100
    assert Compression.objects.get().is_advice is True


def test_a_compression_that_grew_saves_nothing(recorder: Any, compression: Any) -> None:
    from tracker.models import LLMSession

    recorder.record([compression("s", 10, 100)])

    assert LLMSession.objects.get().saved_tokens == 0


def test_seq_is_gapless_per_project(
    recorder: Any, usage: Any, compression: Any, stranger_key: str
) -> None:
    from dataclasses import replace

    from tracker.models import Compression, Project, ThresholdEvent

    other = Project.objects.get(slug="other")
    for second in range(6):
        swing = usage("s", 163_000 if second % 2 == 0 else 0, second=second)
        recorder.record(
            [
                swing,
                replace(swing, project_id=other.pk),
                compression("s", 9, 5, second=second),
            ]
        )

    for project, total in ((Project.objects.get(slug="default"), 12), (other, 6)):
        project.refresh_from_db()
        seqs = [
            *ThresholdEvent.objects.filter(project=project).values_list(
                "seq", flat=True
            ),
            *Compression.objects.filter(project=project).values_list("seq", flat=True),
        ]
        assert sorted(seqs) == list(range(1, total + 1))
        assert project.last_seq == total


def test_what_another_connection_changed_is_seen(recorder: Any, usage: Any) -> None:
    """The writer remembers sessions: an edit in the admin must not be undone."""
    import threading

    from tracker.models import LLMSession

    def edit() -> None:
        from django.db import connection

        try:
            LLMSession.objects.update(title="Edited")
        finally:
            connection.close()

    recorder.record([usage("s", 1, second=0)])
    thread = threading.Thread(target=edit)
    thread.start()
    thread.join()

    recorder.record([usage("s", 2, second=1)])

    session = LLMSession.objects.get()
    assert (session.title, session.used_tokens) == ("Edited", 2)


def test_a_group_that_fails_leaves_nothing_and_the_next_is_right(
    recorder: Any, usage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.ingest.pending import PendingRows
    from tracker.models import EventKey, LLMSession

    recorder.record([usage("s", 100, second=0)])
    with monkeypatch.context() as broken:
        broken.setattr(PendingRows, "write", fails)
        with pytest.raises(RuntimeError):
            recorder.record([usage("s", 190_000, second=1, event_id="e")])
    keys = EventKey.objects.count()

    (answer,) = recorder.record([usage("s", 163_000, second=1, event_id="e")])

    session = LLMSession.objects.get()
    assert keys == 1
    assert answer.is_duplicate is False
    assert [e.to_level for e in answer.events] == ["warning"]
    assert (session.sample_count, session.event_count) == (2, 1)


def fails(*_: Any, **__: Any) -> None:
    raise RuntimeError("the disk is full")
