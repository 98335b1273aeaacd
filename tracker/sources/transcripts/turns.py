"""The newest answer and a compaction, as a transcript shows them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

# Only the content of old tool results goes; the messages stay.
MICROCOMPACT = "microcompact"


class Compaction(msgspec.Struct):
    """A compaction whose first request after it has not been seen yet."""

    event_id: str
    at: datetime | None
    trigger: str
    strategy: str
    end: int  # byte offset of its boundary line
    start: int = 0  # byte offset where the messages before it begin
    carried: list[int] = []  # offsets of older lines that were still in the window
    before_tokens: int | None = None
    claimed_before_tokens: int | None = None
    claimed_after_tokens: int | None = None
    model: str = ""
    summary: str = ""
    preserved: list[str] = []  # uuids of the messages it kept
    preserved_from: str = ""  # or the first and the last of them
    preserved_to: str = ""
    after: list[dict[str, Any]] | None = None  # where the file says it outright
    metadata: dict[str, Any] | None = None
    composition: str = ""  # of the window before it


class Answer(msgspec.Struct):
    """The newest message of the model, and the window its request was sent with."""

    message_id: str
    event_id: str
    at: datetime | None
    history_tokens: int
    user_context_tokens: int
    system_tokens: int
    message_count: int
    tools_tokens: int = 0
    told: list[int | None] = []  # the numbers it was reported with, [] before that
    start: int = 0  # byte offset of its first line
    request_id: str = ""
    aside: str | None = (
        None  # why it does not show the window (UsageReport.implausible)
    )
    is_copy: bool = False  # another session made the request
    begins_anew: bool = False
    added: str = ""  # UsageReport.added

    def settles(self, compaction: Compaction | None) -> bool:
        """Whether it is the first answer of the window that `compaction` left."""
        is_own = self.aside is None and not self.is_copy
        return compaction is not None and is_own and compaction.end <= self.start


def valid_key(name: str | None) -> str:
    """`name` as a valid session key or event id; "" if it cannot be one."""
    return name if name and len(name) <= 255 and name.isprintable() else ""


def in_utc(at: datetime | None) -> datetime | None:
    """A time without zone counts as UTC; None outside of the years 1 to 9999."""
    if at is None:
        return None
    try:
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError:
        return None
