"""History that a session only repeats was asked, and paid for, in another."""

from __future__ import annotations

import pytest

from tests.sources.transcripts.builder import (
    assistant,
    boundary,
    read,
    summary_message,
    user,
)

BRANCHED = {"forkedFrom": {"sessionId": "session-0", "messageUuid": "x"}}
FORKED = {"requestSessionId": "session-0"}


@pytest.mark.parametrize("mark", [BRANCHED, FORKED])
def test_a_copied_request_is_not_counted_again(tmp_path, mark):
    news = read(
        tmp_path,
        user("y" * 350, **mark),
        assistant(1, 60_000, **mark),
        assistant(2, 90_000, **mark),
        user("Go on"),
        assistant(3, 95_000),
    )

    [sample] = news.samples
    assert (sample.event_id, sample.used_tokens) == ("req_3", 95_000)
    # What was copied is in the window all the same.
    assert sample.message_count == 4
    assert sample.parts.history > 100


def test_a_session_s_own_mark_is_no_copy(tmp_path):
    own = assistant(1, 60_000, requestSessionId="session-1")

    assert len(read(tmp_path, own).samples) == 1


def test_a_fork_of_a_compacted_session_has_no_compaction_of_its_own(tmp_path):
    kept = assistant(8, 103, output=0, **FORKED)
    usage = kept["message"]["usage"]
    usage.update(cache_creation_input_tokens=0, cache_read_input_tokens=0)
    usage.update(input_tokens=0, iterations=[{"type": "message", "input_tokens": 150}])
    start = {**boundary(150_038), "logicalParentUuid": "not-here", "parentUuid": None}

    news = read(
        tmp_path, start, summary_message(), kept, user("Go on"), assistant(9, 40_000)
    )

    assert [sample.event_id for sample in news.samples] == ["req_9"]
    assert news.compressions == []


def test_a_fork_made_before_anything_was_asked_is_none_either(tmp_path):
    start = {**boundary(150_038), "logicalParentUuid": "not-here"}

    news = read(tmp_path, start, summary_message(), assistant(9, 40_000))

    assert news.compressions == []


def test_a_branch_copies_its_boundary_and_may_compact_later(tmp_path):
    news = read(
        tmp_path,
        user("Hello", **BRANCHED),
        assistant(1, 150_000, **BRANCHED),
        {**boundary(155_000), **BRANCHED},
        {**summary_message(), **BRANCHED},
        assistant(2, 40_000, **BRANCHED),
        assistant(3, 160_000),
        boundary(165_000),
        summary_message(),
        assistant(4, 30_000),
    )

    [compression] = news.compressions
    assert (compression.before_tokens, compression.after_tokens) == (160_000, 30_000)
    assert [sample.event_id for sample in news.samples] == ["req_3", "req_4"]


def test_a_compaction_right_behind_the_copy_is_measured_against_it(tmp_path):
    news = read(
        tmp_path,
        user("Hello", **FORKED),
        assistant(1, 150_000, **FORKED),
        boundary(155_000, trigger="manual"),
        summary_message(),
        assistant(2, 30_000),
    )

    [compression] = news.compressions
    assert (compression.before_tokens, compression.after_tokens) == (150_000, 30_000)
