"""Compactions of Claude Code that no request has followed yet, and finished files."""

from __future__ import annotations

import json

from tests.sources.transcripts.builder import (
    append,
    assistant,
    boundary,
    conversation,
    read,
    summary_message,
    user,
    write,
)
from tracker.sources.transcripts.following.reader import TranscriptReader


def test_a_compaction_waits_for_its_first_request_across_readings(tmp_path):
    path = write(tmp_path / "a.jsonl", *conversation(), boundary(155_000))
    reader = TranscriptReader(path)
    first = reader.read_new()
    append(path, summary_message("Summary."), user("Paint it"))
    second = TranscriptReader(path, state=json.loads(json.dumps(reader.state)))
    waiting = second.read_new()
    append(path, assistant(3, 40_000))
    told = second.read_new()

    assert first.compressions == waiting.compressions == []
    [compression] = told.compressions
    assert (compression.before_tokens, compression.after_tokens) == (150_000, 40_000)
    assert compression.summary == "Summary."
    assert (len(compression.before), len(compression.after)) == (4, 2)


def test_a_flush_tells_a_waiting_compaction_with_an_estimate(tmp_path):
    lines = [user("y" * 350), assistant(1, 30_000), user("z" * 350_000)]
    path = write(
        tmp_path / "a.jsonl",
        *lines,
        assistant(2, 150_000),
        boundary(155_000, postTokens=100),
        summary_message("s" * 3_500),
    )
    reader = TranscriptReader(path)
    reader.read_new()

    [compression] = reader.flush().compressions

    # 29,900 never were attributed: the system prompt and the tools.
    assert compression.after_tokens == 29_900 + 1_000
    assert compression.claimed_after_tokens == 100
    assert compression.sets_gauge is True
    assert len(compression.before) == 4

    append(path, assistant(3, 40_000))
    [true] = reader.read_new().compressions
    assert (true.event_id, true.after_tokens) == (compression.event_id, 40_000)


def test_two_boundaries_without_a_request_between_are_both_told(tmp_path):
    news = read(
        tmp_path,
        *conversation(),
        boundary(155_000),
        summary_message("First."),
        boundary(20_000),
        summary_message("Second."),
        assistant(3, 40_000),
    )

    assert [compression.summary for compression in news.compressions] == [
        "First.",
        "Second.",
    ]


def test_without_a_request_before_the_claim_is_the_best_there_is(tmp_path):
    told = read(tmp_path, boundary(155_000), summary_message(), assistant(1, 40_000))
    untold = read(
        tmp_path,
        {**boundary(1), "compactMetadata": None},
        summary_message(),
        assistant(1, 40_000),
    )

    assert told.compressions[0].before_tokens == 155_000
    assert untold.compressions == []
    assert len(untold.samples) == 1


def test_a_finished_file_tells_what_came_after_its_last_compaction(tmp_path):
    path = tmp_path / "s.jsonl"
    lines = [
        *conversation(),
        boundary(155_000),
        summary_message(),
        assistant(3, 40_000),
        user("Open the shed again"),
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    reader = TranscriptReader(path)
    [compression] = reader.read_new().compressions

    [found] = reader.flush().continuations

    assert (found.session, found.lane) == (compression.session, "main")
    assert found.messages[: len(compression.after)] == compression.after
    assert found.messages[-1] == {"role": "user", "content": "Open the shed again"}


def test_a_window_that_was_never_compacted_has_no_continuation(tmp_path):
    path = tmp_path / "s.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in conversation()))
    reader = TranscriptReader(path)
    reader.read_new()

    assert reader.flush().continuations == []
