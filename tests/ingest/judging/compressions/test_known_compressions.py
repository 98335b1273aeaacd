"""Announcements, events and transcripts that tell of one compression."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ingest.judging.compressions.outside_view import (
    GROUPS,
    SUSPICION,
    otlp,
    send,
    told,
)


@GROUPS
def test_an_announced_compression_explains_the_drop(
    recorder: Any, request_of: Any, compression: Any, at_once: bool
) -> None:
    arrivals = [
        request_of(150_000, second=1),
        compression("s", 150_000, 40_000, second=5, event_id="c"),
        request_of(40_000, second=9),
    ]
    send(recorder, arrivals, at_once=at_once)

    assert told() == [("auto", "api", 150_000, 40_000)]


@GROUPS
@pytest.mark.parametrize("origin", ["api", "otlp", "claude_code"])
def test_an_announcement_that_comes_later_takes_the_suspicions_place(
    recorder: Any, request_of: Any, compression: Any, origin: str, at_once: bool
) -> None:
    claims = {"claimed_before_tokens": 9_000, "claimed_after_tokens": 700}
    given = (9_000, 700) if origin == "otlp" else (150_000, 41_000)
    arrivals = [
        request_of(150_000, second=1),
        request_of(40_000, second=90),
        request_of(42_000, second=95),
        compression("s", *given, second=5, event_id="c", origin=origin, **claims),
    ]

    answers = send(recorder, arrivals, at_once=at_once)

    after = 40_000 if origin == "otlp" else 41_000
    assert told() == [("auto", origin, 150_000, after)]
    assert not answers[-1].is_duplicate


def test_an_announcement_of_another_time_leaves_the_suspicion(
    recorder: Any, request_of: Any, compression: Any
) -> None:
    recorder.record([request_of(140_000, second=1), request_of(150_000, second=30)])
    recorder.record([request_of(40_000, second=40)])

    recorder.record([compression("s", 140_000, 90_000, second=9, event_id="c")])

    assert told() == [("auto", "api", 140_000, 90_000), SUSPICION]


@GROUPS
def test_the_requests_around_it_correct_what_an_event_claims(
    recorder: Any, request_of: Any, compression: Any, at_once: bool
) -> None:
    from tracker.models import Compression

    arrivals = [
        request_of(179_527, second=1),
        otlp(compression, second=5),
        request_of(54_620, second=9),
        request_of(60_000, second=12),
    ]
    send(recorder, arrivals, at_once=at_once)

    assert told() == [("auto", "otlp", 179_527, 54_620)]
    row = Compression.objects.get()
    assert (row.claimed_before_tokens, row.claimed_after_tokens) == (1_759, 659)


def test_an_event_that_comes_after_both_requests_finds_them(
    recorder: Any, request_of: Any, compression: Any
) -> None:
    recorder.record([request_of(80_000, second=1), request_of(60_000, second=9)])

    recorder.record([otlp(compression, second=5)])

    assert told() == [("auto", "otlp", 80_000, 60_000)]


def test_an_event_without_requests_keeps_the_claims(
    recorder: Any, compression: Any
) -> None:
    recorder.record([otlp(compression, second=5)])

    assert told() == [("auto", "otlp", 1_759, 659)]


@GROUPS
@pytest.mark.parametrize("is_event_first", [True, False])
def test_event_and_transcript_tell_of_one_compaction(
    recorder: Any,
    request_of: Any,
    compression: Any,
    is_event_first: bool,
    at_once: bool,
) -> None:
    told_by = [
        otlp(compression, second=5.4),
        compression(
            "s", 179_527, 54_620, second=5, event_id="uuid", origin="claude_code"
        ),
    ]
    if not is_event_first:
        told_by.reverse()
    arrivals = [request_of(179_527, second=1), *told_by, request_of(54_620, second=9)]

    answers = send(recorder, arrivals, at_once=at_once)

    assert told() == [("auto", "claude_code", 179_527, 54_620)]
    assert [a.is_duplicate for a in answers[1:3]] == [False, not is_event_first]
    if not is_event_first:
        assert answers[2].event_id == "uuid"


def test_two_events_with_a_request_between_are_two_compactions(
    recorder: Any, request_of: Any, compression: Any
) -> None:
    transcript = compression(
        "s", 170_000, 50_000, second=30, event_id="uuid", origin="claude_code"
    )
    recorder.record([request_of(179_527, second=1), otlp(compression, second=5)])
    recorder.record([request_of(54_620, second=9), request_of(170_000, second=20)])

    recorder.record([transcript])

    assert [row[1] for row in told()] == ["otlp", "claude_code"]
