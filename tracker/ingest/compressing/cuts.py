"""Finds the stored cut that a conversation begins with, and remembers new ones.

Whoever sends messages on (`optimize`, the gateway) asks here first:

    digests = raw_digests.chain(messages)   # of the messages as they came, JSON bytes
    cut = find(project_id, session, digests)
    if cut is not None:
        body = cut.with_rest(messages[cut.message_count:])

A new cut is stored with its compression (`CompressionReport.cut`, through the writing
door). `remember` it as well: where the project keeps no messages it is nowhere else.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from django.db import DatabaseError
from django.utils import timezone

from tracker.domain.cuts.cut import Cut, longest
from tracker.domain.cuts.digests import RawDigests
from tracker.models import Compression, LLMSession, StoredCut

MOST_BYTES = 64 * 1024 * 1024
MOST_OF_A_SESSION = 32  # of all its lanes
# A session's row may be written a moment after its first cut was made.
UNWRITTEN_SECONDS = 60.0
SessionKey = tuple[int, str]


@dataclass(slots=True)
class _Remembered:
    cuts: dict[bytes, Cut] = field(default_factory=dict)
    at: float = 0.0

    @property
    def bytes(self) -> int:
        return sum(len(cut.replacement) for cut in self.cuts.values())


class CutMemory:
    """The cuts of the sessions that were active last, at most `most_bytes` of text.

    Safe for threads. The least recently used session is forgotten first.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._sessions: OrderedDict[SessionKey, _Remembered] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, key: SessionKey) -> list[Cut]:
        with self._lock:
            found = self._sessions.get(key)
            if found is None:
                return []
            self._sessions.move_to_end(key)
            return list(found.cuts.values())

    def put(self, key: SessionKey, cut: Cut) -> None:
        with self._lock:
            found = self._sessions.setdefault(key, _Remembered())
            self._sessions.move_to_end(key)
            self._bytes -= found.bytes
            found.cuts.pop(cut.digest, None)
            found.cuts[cut.digest] = cut
            if len(found.cuts) > MOST_OF_A_SESSION:
                del found.cuts[next(iter(found.cuts))]
            found.at = time.monotonic()
            self._bytes += found.bytes
            while self._bytes > self._most_bytes and self._sessions:
                _, gone = self._sessions.popitem(last=False)
                self._bytes -= gone.bytes

    def keep_only(self, key: SessionKey, stored: set[bytes]) -> None:
        """Forget cuts that the database had and has no more."""
        with self._lock:
            found = self._sessions.get(key)
            if found is None:
                return
            self._bytes -= found.bytes
            found.cuts = {
                digest: cut
                for digest, cut in found.cuts.items()
                if not cut.is_kept or digest in stored
            }
            self._bytes += found.bytes

    def forget(self, key: SessionKey, *, unless_younger_than: float = 0.0) -> None:
        with self._lock:
            found = self._sessions.get(key)
            if found and time.monotonic() - found.at >= unless_younger_than:
                self._bytes -= found.bytes
                del self._sessions[key]

    def drop(self, key: SessionKey, digest: bytes) -> None:
        with self._lock:
            found = self._sessions.get(key)
            if found is not None:
                self._bytes -= found.bytes
                found.cuts.pop(digest, None)
                self._bytes += found.bytes

    def clear(self) -> None:
        with self._lock:
            self._sessions.clear()
            self._bytes = 0


raw_digests = RawDigests()
memory = CutMemory()


def find(
    project_id: int, session: str, digests: Sequence[bytes], *, without: int = 0
) -> Cut | None:
    """The longest cut of this session whose originals are the beginning of the messages
    with these digests. One query; one more for a cut that another process made.

    `without` is a compression whose cut is left out. While the database is away, what
    this process remembers answers.
    """
    return _chosen(
        (project_id, session),
        lambda known: longest(
            (cut for cut in known if not without or cut.compression_id != without),
            digests,
        ),
    )


def find_named(project_id: int, session: str, cut_id: str) -> Cut | None:
    """The cut of this session with this id: its digest in hexadecimal."""
    return _chosen(
        (project_id, session),
        lambda known: next((cut for cut in known if cut.id == cut_id), None),
    )


def remember(project_id: int, session: str, cut: Cut) -> None:
    """In this process, which answers with it from now on, also before it is stored."""
    memory.put((project_id, session), cut)


def refuse(project_id: int, session: str, cut: Cut) -> None:
    """The provider refused what this cut made of a request: it is not sent again."""
    memory.drop((project_id, session), cut.digest)
    if cut.compression_id:
        StoredCut.objects.filter(pk=cut.compression_id).delete()
        rows = Compression.objects.filter(pk=cut.compression_id, refused_at=None)
        rows.update(refused_at=timezone.now())


def forget(project_id: int, session: str) -> None:
    """In this process: the session was deleted."""
    memory.forget((project_id, session))


def find_made_by(project_id: int, session: str, compression_id: int) -> Cut | None:
    """The cut of this compression."""
    return _chosen(
        (project_id, session),
        lambda known: next(
            (cut for cut in known if cut.compression_id == compression_id), None
        ),
    )


def _chosen(
    key: SessionKey, choose: Callable[[Iterable[Cut]], Cut | None]
) -> Cut | None:
    try:
        rows = _stored(*key)
        if rows is None:
            memory.forget(key, unless_younger_than=UNWRITTEN_SECONDS)
        else:
            memory.keep_only(key, {cut.digest for cut in rows})
        # Those in memory first: they hold their replacement.
        return _with_replacement(key, choose([*memory.of(key), *(rows or ())]))
    except DatabaseError:
        return choose(memory.of(key))


def _stored(project_id: int, session: str) -> list[Cut] | None:
    """The session's cuts without their replacements; None where there is no session."""
    rows = LLMSession.objects.filter(project_id=project_id, key=session).values_list(
        "cuts__compression_id", "cuts__message_count", "cuts__digest"
    )
    found = list(rows)
    if not found:
        return None
    return [
        Cut(count, bytes(digest), b"", compression_id=pk, is_kept=True)
        for pk, count, digest in found
        if pk is not None
    ]


def _with_replacement(key: SessionKey, cut: Cut | None) -> Cut | None:
    if cut is None or cut.replacement:
        return cut
    row = StoredCut.objects.filter(pk=cut.compression_id).first()
    if row is None:  # deleted since
        return None
    found = Cut(
        message_count=row.message_count,
        digest=bytes(row.digest),
        replacement=bytes(row.replacement),
        history_tokens=row.history_tokens,
        system_tokens=row.system_tokens,
        counter=row.counter,
        new_messages=row.new_messages,
        dialect=row.dialect,
        compression_id=row.pk,
        is_kept=True,
    )
    memory.put(key, found)
    return found
