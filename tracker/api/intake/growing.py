"""Reads only the new end of a conversation that is sent whole with each request."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from typing import Any, NamedTuple

import msgspec

from tracker.domain.composition.filling import definition_weights
from tracker.domain.composition.reading import Reading
from tracker.domain.counting.counters import TokenCounter

MOST_BYTES = 8_000_000  # of fillings as they are stored, three times that in memory
MOST_OFFERS = 8  # sets of tools
LONGEST_OFFER = 200_000  # letters: longer ones are weighed with each request
Key = tuple[int, str, str]  # project, session, lane

_messages = msgspec.json.Decoder(list[dict[str, Any]])


class TakesLong(Exception):
    """There is more to read than the event loop may wait for: read it in a thread."""


class ReadConversation(NamedTuple):
    """What `Reading` tells of the messages, and their filling as it is stored."""

    system_tokens: int
    history_tokens: int
    spoken: int
    dialect: str | None
    unread: tuple[int, str] | None
    added: str
    composition: str


class _Known(NamedTuple):
    """The beginning of a JSON list, up to its last message: a mark of its bytes, and
    what was read in it.
    """

    length: int
    mark: int
    reading: Reading
    bytes: int  # that it counts for


class GrowingConversations:
    """Remembers the last request of the lanes that reported last. If the next one
    begins with the same bytes, only what follows is decoded and counted.

    Not the bytes are kept but Python's 64-bit hash of them, with a random key for each
    process. A lane is compared only with its own last request, so no project can learn
    another one's text.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._known: OrderedDict[Key, _Known] = OrderedDict()
        self._bytes = 0
        self._offers: deque[tuple[bytes, dict[str, int]]] = deque(maxlen=MOST_OFFERS)
        self._lock = threading.Lock()

    def read(
        self,
        key: Key,
        messages: msgspec.Raw,
        *,
        counter: TokenCounter,
        model: str,
        context_tokens: int = 0,
        tools: Any = None,
        most_new: int | None = None,
    ) -> ReadConversation:
        """A list of messages, known to be JSON. Raises msgspec.DecodeError and what
        else its decoder raises, and what the counter raises; TakesLong where more than
        `most_new` bytes are new.
        """
        text = memoryview(messages)
        reading, new = self._begin(key, text, counter, model, most_new)
        filling = reading.filling
        filling.put_context(0)  # else it takes a new file's place among the cells
        if len(new):
            reading.read(_messages.decode(new))
        filling.put_context(context_tokens)
        filling.define(self._weights(tools))
        reply = reading.overheads.reply if reading.is_known else 0
        found = ReadConversation(
            reading.system_tokens, reading.history_tokens + reply, reading.spoken,
            reading.dialect, reading.unread,
            filling.added_lines(), filling.packed() if reading.count else "",
        )  # fmt: skip
        if reading.count:
            self._keep(key, text, reading, len(found.composition))
        return found

    def _begin(
        self,
        key: Key,
        text: memoryview,
        counter: TokenCounter,
        model: str,
        most_new: int | None,
    ) -> tuple[Reading, bytes | memoryview]:
        """What is known of its beginning, and the list of the messages after that. A
        lane's reading is nobody else's until it is kept again.
        """
        known = self._known.get(key)
        new: bytes | memoryview | None = None
        if known is not None and known.length < len(text):
            is_alike = known.reading.counter == counter and known.reading.model == model
            if is_alike and hash(bytes(text[: known.length])) == known.mark:
                rest = bytes(text[known.length :]).lstrip()
                # After the last message stands a comma or the list's end.
                new = b"[" + rest[1:] if rest[:1] == b"," else b""
        if most_new is not None and len(text if new is None else new) > most_new:
            raise TakesLong
        with self._lock:
            taken = self._known.pop(key, None)
            self._bytes -= taken.bytes if taken else 0
        if known is None or new is None or taken is not known:
            return Reading(counter, model), text
        return known.reading, new

    def _keep(self, key: Key, text: memoryview, reading: Reading, size: int) -> None:
        start = bytes(text[:-1])  # without the list's end
        size += len(key[1]) + len(key[2])
        known = _Known(len(start), hash(start), reading, size)
        with self._lock:
            before = self._known.pop(key, None)
            self._known[key] = known
            self._bytes += size - (before.bytes if before else 0)
            while self._bytes > self._most_bytes:
                self._bytes -= self._known.popitem(last=False)[1].bytes

    def _weights(self, tools: Any) -> dict[str, int]:
        """As `definition_weights` has them. A client offers the same tools with each
        request: to compare 56 KB of them takes an eighth of weighing them.
        """
        if not tools:
            return {}
        try:
            said = msgspec.json.encode(tools)  # for Python, true is equal to 1
        except (OverflowError, RecursionError):
            return definition_weights(tools)
        with self._lock:
            offers = tuple(self._offers)
        for offered, weights in offers:
            if offered == said:
                return weights
        weights = definition_weights(tools)
        if 0 < sum(weights.values()) <= LONGEST_OFFER:
            with self._lock:
                self._offers.append((said, weights))
        return weights


growing = GrowingConversations()
