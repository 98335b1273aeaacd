"""Compactions in a Codex rollout, by the client or by the server."""

from __future__ import annotations

from typing import Any

from tracker.sources.transcripts.codex.lines import (
    RolloutMemory,
    read_messages,
    text_at,
)
from tracker.sources.transcripts.following.growing_file import GrowingFile
from tracker.sources.transcripts.following.news import TranscriptNews
from tracker.sources.transcripts.turns import Compaction, valid_key
from tracker.sources.transcripts.window import Window

ORIGIN = "codex"


def compaction_of(
    memory: RolloutMemory, start: int, payload: dict[str, Any]
) -> Compaction:
    """What the line at byte `start` says.

    Newer versions name no trigger. A compaction by hand (`/compact`) is a turn without
    a prompt. Whether one comes is known only when the turn ends:
    `memory.is_unprompted` says that it is open.
    """
    moment = memory.at.isoformat() if memory.at else start
    told, turn = text_at(payload, "trigger"), memory.turn
    memory.is_unprompted = not told and turn.is_open and not turn.has_prompt
    compaction = Compaction(
        event_id=valid_key(text_at(payload, "window_id")) or f"compacted-{moment}",
        at=memory.at,
        trigger="manual" if told == "manual" else "auto",
        strategy="compact",
        end=start,
        summary=text_at(payload, "message"),
    )
    # Its own request did not hold the conversation's window, unless it held all of it.
    own = text_at(payload, "compaction_response_id")
    if own and len(memory.requests) > 1 and memory.requests[-1][0] == own:
        compaction.before_tokens = max(used for _, used in memory.requests)
    memory.requests = []
    return compaction


def tell(
    file: GrowingFile,
    window: Window,
    after_tokens: int,
    end: int,
    *,
    news: TranscriptNews,
    sets_gauge: bool,
) -> None:
    """Report the waiting compaction; `end` is the offset where what follows it ends."""
    compaction = window.pending
    assert compaction is not None
    report = window.compression_report(
        compaction,
        after_tokens=after_tokens,
        origin=ORIGIN,
        before=_messages(file, compaction.start, compaction.end),
        after=_messages(file, compaction.end, end),
        sets_gauge=sets_gauge,
    )
    if report is not None:
        news.add_compression(report)


def _messages(file: GrowingFile, start: int, end: int) -> list[dict[str, Any]] | None:
    """The messages between two offsets; None if they are no longer there."""
    try:
        return read_messages(file, start, end)
    except (OSError, RecursionError):
        return None
