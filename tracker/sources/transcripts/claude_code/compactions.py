"""Compactions in a Claude Code transcript: the boundary, and the request after it."""

from __future__ import annotations

from tracker.domain.reports import MAX_TOKENS
from tracker.sources.transcripts.claude_code.lines import (
    CompactMetadata,
    Line,
    content_tokens,
    origin_of,
)
from tracker.sources.transcripts.claude_code.messages import (
    Replaced,
    read_replaced,
    read_window,
)
from tracker.sources.transcripts.following.growing_file import GrowingFile
from tracker.sources.transcripts.following.news import Continuation, TranscriptNews
from tracker.sources.transcripts.turns import MICROCOMPACT, Compaction, valid_key
from tracker.sources.transcripts.window import Window

ORIGIN = "claude_code"


def compaction_of(start: int, line: Line) -> Compaction | None:
    """What a boundary line at byte `start` says; None if it is no boundary.

    A microcompaction (old tool results cleared, no summary) counts only with its
    numbers.
    """
    if line.subtype == "compact_boundary":
        metadata = line.compact_metadata or CompactMetadata()
        strategy, after = "compact", metadata.post_tokens
    elif line.subtype == "microcompact_boundary":
        metadata = line.microcompact_metadata or CompactMetadata()
        if metadata.pre_tokens is None or metadata.tokens_saved is None:
            return None
        strategy = MICROCOMPACT
        after = max(0, metadata.pre_tokens - metadata.tokens_saved)
    else:
        return None
    named, stretch = metadata.preserved_messages, metadata.preserved_segment
    return Compaction(
        event_id=valid_key(line.uuid) or f"compaction-at-{start}",
        at=line.timestamp,
        trigger="manual" if metadata.trigger == "manual" else "auto",
        strategy=strategy,
        end=start,
        claimed_before_tokens=_believable(metadata.pre_tokens),
        claimed_after_tokens=_believable(after),
        preserved=(named.uuids if named else None) or [],
        preserved_from=(stretch.head_uuid if stretch else None) or "",
        preserved_to=(stretch.tail_uuid if stretch else None) or "",
        metadata=_facts(metadata) or None,
    )


def is_inherited(line: Line, window: Window) -> bool:
    """Whether a boundary is copied from the session this one was forked from.

    Its line says so (`/branch`), or it stands where nothing was said before and names
    a line that is not here (`--fork-session` copies from the boundary on).
    """
    is_first = not window.message_count and window.used_tokens is None
    return bool(origin_of(line)) or bool(is_first and line.logical_parent_uuid)


def settle(
    file: GrowingFile,
    window: Window,
    used_tokens: int,
    *,
    start: int,
    news: TranscriptNews,
) -> None:
    """Report a pending compaction: the request at byte `start` is the first after it.

    `used_tokens` is that request's occupancy. Nothing happens if none is pending.
    """
    if window.pending is None:
        return
    replaced = _replaced(file, window, window.pending, start)
    if replaced is not None:
        window.carried = replaced.carried
        window.history_tokens += replaced.carried_tokens
        window.message_count += len(replaced.kept)
        for message in replaced.kept:
            window.filling.add(message, content_tokens(message["content"]))
    _tell(window, window.pending, used_tokens, replaced, news=news, sets_gauge=False)
    window.pending = None


def settle_by_estimate(file: GrowingFile, window: Window, news: TranscriptNews) -> None:
    """Report a pending compaction that no request has followed; it stays pending."""
    if window.pending is None:
        return
    replaced = _replaced(file, window, window.pending, file.position.offset)
    after = window.after_estimate(window.pending)
    _tell(window, window.pending, after, replaced, news=news, sets_gauge=True)


def tell_continuation(
    file: GrowingFile, window: Window, news: TranscriptNews, *, later: bool
) -> None:
    """Report the messages after the last compaction of a finished file; `later`: only
    that there are some.
    """
    if not window.is_compacted or window.pending is not None:
        return
    if later:
        news.unread.append((window.session, window.lane))
        return
    try:
        messages = read_window(file, window, end=file.position.offset)
    except (OSError, RecursionError):
        return
    news.continuations.append(Continuation(window.session, window.lane, messages))


def _tell(
    window: Window,
    compaction: Compaction,
    after_tokens: int,
    replaced: Replaced | None,
    *,
    news: TranscriptNews,
    sets_gauge: bool,
) -> None:
    report = window.compression_report(
        compaction,
        after_tokens=after_tokens,
        origin=ORIGIN,
        before=replaced.before if replaced else None,
        after=replaced.after if replaced else None,
        sets_gauge=sets_gauge,
    )
    if report is not None:
        news.add_compression(report)


def _replaced(
    file: GrowingFile, window: Window, compaction: Compaction, end: int
) -> Replaced | None:
    """None where the messages stayed, or are no longer where they were."""
    if compaction.strategy == MICROCOMPACT:
        return None
    try:
        return read_replaced(file, compaction, lane=window.lane, end=end)
    except (OSError, RecursionError):
        return None


def _believable(tokens: int | None) -> int | None:
    return tokens if tokens is not None and 0 <= tokens <= MAX_TOKENS else None


def _facts(metadata: CompactMetadata) -> dict[str, int]:
    facts = {
        "duration_ms": metadata.duration_ms,
        "cumulative_dropped_tokens": metadata.cumulative_dropped_tokens,
        "cleared_tools": len(metadata.compacted_tool_ids or ()) or None,
    }
    return {key: value for key, value in facts.items() if value is not None}
