"""Drops that nobody announced are suspected compressions."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.ingest.conftest import NOON
from tests.ingest.judging.compressions.outside_view import GROUPS, SUSPICION, send, told


@GROUPS
def test_a_drop_that_nobody_announced_is_a_suspected_compression(
    recorder: Any, request_of: Any, at_once: bool
) -> None:
    from tracker.models import Compression

    drop = [request_of(150_000, second=1), request_of(40_000, second=9)]
    send(recorder, [*drop, request_of(45_000, second=12)], at_once=at_once)

    assert told() == [SUSPICION]
    row = Compression.objects.get()
    assert (row.performed_by, row.lane, row.review) == ("client", "main", "pending")
    assert row.at == NOON + timedelta(seconds=9)
    assert row.model == "claude-sonnet-4-5"


def test_it_is_news_like_any_other_compression(recorder: Any, request_of: Any) -> None:
    recorder.record([request_of(150_000, second=1)])

    recorder.record([request_of(40_000, second=9)])

    gauge, compression = recorder.news
    assert gauge.status.used_tokens == 40_000
    assert (compression.trigger, compression.after_tokens) == ("suspected", 40_000)


@pytest.mark.parametrize(
    "after",
    [
        pytest.param({"used": 100_000}, id="not far enough"),
        pytest.param({"lane": "explore"}, id="another lane"),
        pytest.param({"model": "claude-haiku-4-5"}, id="another model"),
        pytest.param({"second": 0.5}, id="a late report"),
        pytest.param({"session": "t"}, id="another session"),
    ],
)
def test_other_smaller_requests_are_none(
    recorder: Any, request_of: Any, after: dict[str, Any]
) -> None:
    recorder.record([request_of(150_000, second=1)])

    after = {"used": 40_000, "second": 9, **after}
    recorder.record([request_of(after.pop("used"), **after)])

    assert told() == []


def test_counted_tokens_are_the_callers_business(recorder: Any, usage: Any) -> None:
    recorder.record([usage("s", 150_000, second=1), usage("s", 40_000, second=9)])

    assert told() == []


def test_a_window_that_a_person_emptied_is_no_compression(
    recorder: Any, request_of: Any
) -> None:
    after = request_of(20_000, second=9)
    after = replace(after, report=replace(after.report, begins_anew=True))

    recorder.record([request_of(150_000, second=1), after])

    assert told() == []


def test_a_session_file_that_tells_no_compaction_knows_of_none(
    recorder: Any, request_of: Any
) -> None:
    """Telemetry tells of the drop first; the file completes that sample."""
    after = request_of(40_000, second=9, event_id="e")
    file = replace(after, report=replace(after.report, origin="claude_code"))
    again = replace(file, report=replace(file.report, parts_source="estimated"))

    recorder.record([request_of(150_000, second=1), file])
    assert told() == []

    recorder.record([request_of(150_000, second=1, session="t")])
    drop = replace(after, report=replace(after.report, session="t"))
    recorder.record([drop])
    assert told() == [SUSPICION]
    recorder.record([replace(again, report=replace(again.report, session="t"))])
    assert told() == []


def test_a_dated_name_is_the_same_model(recorder: Any, request_of: Any) -> None:
    dated = "claude-sonnet-4-5-20250929"
    recorder.record([request_of(150_000, second=1, model=dated)])

    recorder.record([request_of(40_000, second=9)])

    assert told() == [SUSPICION]


def test_a_repeated_report_is_not_a_second_suspicion(
    recorder: Any, request_of: Any
) -> None:
    drop = request_of(40_000, second=9, event_id="e")
    recorder.record([request_of(150_000, second=1), drop])

    recorder.record([drop])
    recorder.record([request_of(41_000, second=10)])

    assert told() == [SUSPICION]


@GROUPS
def test_calls_of_several_kinds_leave_no_suspicion(
    recorder: Any, request_of: Any, at_once: bool
) -> None:
    """A router's small calls between the large ones of one session."""
    used = [50_000, 3_000, 52_000, 3_100, 54_000, 3_200, 55_000]
    calls = [request_of(n, second=second) for second, n in enumerate(used)]

    send(recorder, calls, at_once=at_once)

    assert told() == []


def test_advice_explains_nothing(
    recorder: Any, request_of: Any, compression: Any
) -> None:
    from tracker.models import Compression

    advice = compression(
        "s", 150_000, 60_000, second=5, performed_by="tracker", is_advice=True
    )
    recorder.record([request_of(150_000, second=1), advice])

    recorder.record([request_of(40_000, second=9)])

    triggers = Compression.objects.filter(is_advice=False)
    assert list(triggers.values_list("trigger", flat=True)) == ["suspected"]


@GROUPS
def test_a_compression_of_ours_a_moment_before_the_last_answer_explains_a_drop(
    recorder: Any, request_of: Any, compression: Any, at_once: bool
) -> None:
    """The next call was compressed before the answer of the last one was recorded."""
    ours = compression(
        "s", 150_000, 45_000, second=0.98, performed_by="tracker", trigger="budget",
        origin="gateway", sets_gauge=True, event_id="ours",
    )  # fmt: skip
    calls = [request_of(140_000, second=0), request_of(150_000, second=1)]

    send(recorder, [*calls, ours, request_of(40_000, second=1.5)], at_once=at_once)

    assert told() == [("budget", "gateway", 150_000, 45_000)]
