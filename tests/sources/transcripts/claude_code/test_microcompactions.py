"""Old tool results cleared: a compaction of Claude Code without a summary."""

from __future__ import annotations

from tests.sources.transcripts.builder import (
    assistant,
    conversation,
    microcompact,
    read,
    user,
)


def test_a_microcompaction_keeps_the_messages(tmp_path):
    news = read(
        tmp_path,
        *conversation(),
        microcompact(149_000, 30_000),
        user("Paint it"),
        assistant(3, 121_000),
    )

    [compression] = news.compressions
    assert compression.strategy == "microcompact"
    assert (compression.before_tokens, compression.after_tokens) == (150_000, 121_000)
    assert compression.claimed_after_tokens == 119_000
    assert compression.metadata == {"cleared_tools": 2}
    assert compression.before is None
    assert compression.after is None
    assert news.samples[-1].message_count == 5


def test_a_microcompaction_without_numbers_is_none(tmp_path):
    line = {**microcompact(1, 1), "microcompactMetadata": {"trigger": "auto"}}

    news = read(tmp_path, *conversation(), line, assistant(3, 121_000))

    assert news.compressions == []
