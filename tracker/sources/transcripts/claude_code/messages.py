"""A compaction's messages, read again from their place in a Claude Code transcript."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tracker.domain.lanes import agent_lane
from tracker.domain.reports import MAIN_LANE
from tracker.sources.transcripts.claude_code.lines import (
    DECODER,
    Line,
    Message,
    content_tokens,
    said_by,
    shown_content,
)
from tracker.sources.transcripts.following.growing_file import GrowingFile
from tracker.sources.transcripts.json_lines import decode_line
from tracker.sources.transcripts.turns import Compaction, valid_key
from tracker.sources.transcripts.window import Window

Said = tuple[int, Line, Message]


def own_lane(line: Line) -> str | None:
    """The lane a line names itself; None for a sub-agent without an id (1.0)."""
    if not line.is_sidechain:
        return MAIN_LANE
    agent = valid_key(line.agent_id)
    return agent_lane(agent) if agent else None


class MessageList:
    """Messages in the API's shape; the lines of one assistant message are merged."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self._answers: dict[tuple[str, str], list[Any]] = {}

    def add(self, line: Line, message: Message) -> None:
        content = shown_content(message.content)
        role = _role(message)
        name = message.id if role == "assistant" else None
        answer_id = (name, line.request_id or "") if name else None
        if answer_id and isinstance(content, list):
            if answer_id in self._answers:
                self._answers[answer_id].extend(content)
                return
            self._answers[answer_id] = content
        self.messages.append({"role": role, "content": content})


@dataclass(slots=True)
class Replaced:
    """What stood in the window before a compaction, and what after it.

    `carried` are the offsets of the lines from before the boundary that are in the
    window still; `kept` are their messages, and `carried_tokens` their size.
    """

    before: list[dict[str, Any]]
    after: list[dict[str, Any]]
    carried: list[int] = field(default_factory=list)
    carried_tokens: int = 0
    kept: list[dict[str, Any]] = field(default_factory=list)


def read_replaced(
    file: GrowingFile, compaction: Compaction, *, lane: str, end: int
) -> Replaced:
    """Both lists of `compaction`; `end` is where the first request after it stands.

    What was preserved follows the summary, as the client sends it.
    """
    before = MessageList()
    kept = _Kept(compaction)
    preserved: list[Said] = []
    for said in _said_before(file, compaction, end=compaction.end, lane=lane):
        offset, line, message = said
        before.add(line, message)
        if kept.has(line.uuid):
            preserved.append(said)
    following = list(_said_between(file, compaction.end, end, lane))
    summaries = [said for said in following if said[1].is_compact_summary]
    rest = [said for said in following if not said[1].is_compact_summary]
    after = MessageList()
    for _, line, message in (*summaries, *preserved, *rest):
        after.add(line, message)
    carried = MessageList()
    for _, line, message in preserved:
        carried.add(line, message)
    return Replaced(
        before=before.messages,
        after=after.messages,
        carried=[offset for offset, _, _ in preserved],
        carried_tokens=sum(content_tokens(said[2].content) for said in preserved),
        kept=carried.messages,
    )


def read_window(file: GrowingFile, window: Window, *, end: int) -> list[dict[str, Any]]:
    """What stands in the window at byte `end`, as a compaction there would find it."""
    found = MessageList()
    for _, line, message in _said_before(file, window, end=end, lane=window.lane):
        found.add(line, message)
    return found.messages


class _Kept:
    """Which messages a compaction preserved: named, or a stretch of the file."""

    def __init__(self, compaction: Compaction) -> None:
        self._names = set(compaction.preserved)
        self._first = "" if self._names else compaction.preserved_from
        self._last = compaction.preserved_to
        self._is_inside = False

    def has(self, uuid: str | None) -> bool:
        if uuid in self._names:
            return True
        if self._first and uuid == self._first:
            self._is_inside = True
        is_kept = self._is_inside
        if uuid == self._last:
            self._is_inside = False
        return is_kept


def _said_before(
    file: GrowingFile, held: Compaction | Window, *, end: int, lane: str
) -> Iterator[Said]:
    """The window's messages: the summary of the last compaction, what that carried
    over, and what followed.
    """
    own = _said_between(file, held.start, end, lane)
    if not held.carried:
        yield from own
        return
    carried = (
        said
        for offset in held.carried
        for said in _said_between(file, offset, offset + 1, lane)
    )
    is_open = True
    for said in own:
        if is_open and not said[1].is_compact_summary:
            yield from carried
            is_open = False
        yield said
    if is_open:
        yield from carried


def _said_between(file: GrowingFile, start: int, end: int, lane: str) -> Iterator[Said]:
    for offset, raw in file.lines_between(start, end):
        line = decode_line(raw, DECODER)
        if line is None or own_lane(line) != lane:
            continue
        message = said_by(line)
        if message is not None:
            yield offset, line, message


def _role(message: Message) -> str:
    return "assistant" if message.role == "assistant" else "user"
