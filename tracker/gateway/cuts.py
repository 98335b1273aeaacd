"""Puts a stored cut in place of the beginning of a request's messages."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import parent_process
from typing import Any

import msgspec
from django.db import connection
from msgspec import Raw

from tracker.api.errors import ApiError
from tracker.api.intake.threads import in_store_thread
from tracker.domain.cuts.cut import Cut, longest
from tracker.gateway.asking import take_error
from tracker.gateway.request.body import RequestBody
from tracker.gateway.request.shapes import ANTHROPIC
from tracker.ingest.compressing import cuts
from tracker.workers.jobs.relayed import MARK

# How long a call waits for the database. After STORE_SECONDS it goes on with the cut
# that this process remembers. Where the process remembers none, as after a restart, it
# waits for FIRST_SECONDS: a call without its cut would be compressed anew, and the
# provider's cache written once more.
STORE_SECONDS, FIRST_SECONDS = 0.25, 2.0
FRESH_SECONDS = 10.0  # a session deleted by a command is forgotten by then
REMEMBERED = 10_000
FEWEST = 3  # messages that a cut may stand for
_list = msgspec.json.Decoder(list[Raw])
# Thinking cannot be marked: the provider refuses it.
_UNMARKABLE = ("thinking", "redacted_thinking")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What is sent in place of `read`: `replaced` are the cut's messages, the later
    ones are unchanged. `size` is that of their JSON array, in bytes.
    """

    read: RequestBody
    cut: Cut | None
    size: int
    replaced: tuple[bytes, ...] = ()

    @property
    def held(self) -> int:
        return len(self.replaced)

    @property
    def messages(self) -> tuple[bytes, ...]:
        """All that are sent."""
        covered = self.cut.message_count if self.cut is not None else 0
        return (*self.replaced, *self.read.messages[covered:])

    @property
    def array(self) -> bytes:
        return b"[" + b",".join(self.messages) + b"]"

    @property
    def new_messages(self) -> int:
        """Those behind the last summary."""
        if self.cut is None:
            return sum(not _is_system(raw) for raw in self.read.messages)
        left = self.read.outline.message_count - self.cut.message_count
        return self.cut.new_messages + left

    @property
    def cut_digest(self) -> bytes:
        return self.cut.digest if self.cut is not None else b""


class LookedUp:
    """Sessions whose cuts were read a moment ago. No other process makes any where this
    one alone serves a database file: then its memory answers, without a thread's turn.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._at: OrderedDict[tuple[int, str], float] = OrderedDict()
        self._clock = clock

    def is_fresh(self, key: tuple[int, str]) -> bool:
        at = self._at.get(key)
        return at is not None and self._clock() - at < FRESH_SECONDS

    def note(self, key: tuple[int, str]) -> None:
        if connection.vendor != "sqlite" or parent_process() is not None:
            return
        self._at[key] = self._clock()
        self._at.move_to_end(key)
        while len(self._at) > REMEMBERED:
            self._at.popitem(last=False)

    def forget_all(self) -> None:
        self._at.clear()


_looked_up = LookedUp()
forget_looked_up = _looked_up.forget_all


def digests_of(read: RequestBody) -> list[bytes]:
    return cuts.raw_digests.chain(read.messages)


async def known_cut(
    project_id: int, session: str, messages: int, digests: Callable[[], Sequence[bytes]]
) -> Cut | None:
    """The longest that fits so many messages with these digests, from the database;
    from this process's memory where the database does not answer in time.
    """
    if messages < FEWEST:
        return None
    key = (project_id, session)
    known = cuts.memory.of(key)
    remembered = longest(known, digests()) if known else None
    if _looked_up.is_fresh(key):
        return remembered
    seconds = STORE_SECONDS if remembered is not None else FIRST_SECONDS
    asked = asyncio.ensure_future(
        in_store_thread(cuts.find, project_id, session, digests())
    )
    try:
        found: Cut | None = await asyncio.wait_for(asyncio.shield(asked), seconds)
    except (ApiError, TimeoutError):
        asked.add_done_callback(take_error)
        return remembered
    _looked_up.note(key)
    return found


def outgoing(read: RequestBody, cut: Cut | None) -> Outgoing:
    if cut is None:
        return Outgoing(read, None, read.outline.messages_bytes)
    covered, rest = (
        read.messages[: cut.message_count],
        read.messages[cut.message_count :],
    )
    held = tuple(map(bytes, _list.decode(cut.replacement)))
    if read.outline.shape == ANTHROPIC and held:
        held = (*held[:-1], _marked(held[-1], covered))
    size = sum(map(len, held)) + sum(map(len, rest)) + len(held) + len(rest) + 1
    return Outgoing(read, cut, size, held)


def _is_system(raw: bytes) -> bool:
    return b'"system"' in raw[:40] or b'"developer"' in raw[:40]


def _marked(raw: bytes, covered: Sequence[bytes]) -> bytes:
    """The last message of a replacement, with a mark of the cache at its end where the
    messages it stands for had one: never more marks than the client set.
    """
    marks = [each for each in covered if MARK in each]
    mark = _last_mark(msgspec.json.decode(marks[-1])) if marks else None
    if mark is None:
        return raw
    message = msgspec.json.decode(raw)
    content = message.get("content")
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    if not content or content[-1].get("type") in _UNMARKABLE:
        return raw
    message["content"] = [*content[:-1], {**content[-1], "cache_control": mark}]
    return msgspec.json.encode(message)


def _last_mark(message: dict[str, Any]) -> Any:
    content = message.get("content")
    blocks = content if isinstance(content, list) else []
    marks = [block.get("cache_control") for block in blocks]
    return next((mark for mark in reversed(marks) if mark), None)
