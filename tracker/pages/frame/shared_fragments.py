"""A fragment that many open pages ask for at once is rendered for all of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

# How long other pages get the same fragment. A page that has had news since the
# fragment was read asks again after its pause (static/tracker/live/fresh_fragments.js).
SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Fragment:
    """`age` in seconds: everything that was committed so long before the request is in
    it. 0 for the request that had it rendered.
    """

    content: bytes
    age: float


@dataclass(slots=True)
class _Slot:
    lock: threading.Lock = field(default_factory=threading.Lock)
    content: bytes = b""
    began: float = -SECONDS
    ended: float = -SECONDS  # what takes long to render is shared as long


class SharedFragments:
    """The fragments of one process; safe for threads. A fragment that is asked for
    several times at once is rendered once, and the others wait for it.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._slots: dict[Hashable, _Slot] = {}

    def get(
        self,
        key: Hashable,
        render: Callable[[], bytes],
        *,
        since: float | None = None,
    ) -> Fragment:
        """`key` names all that the fragment depends on besides the database. `since` is
        when its caller began to read, where that was before `render`. An error in
        `render` is raised to its own caller only; those who waited render again.
        """
        slot = self._slot(key)
        with slot.lock:
            if self._now() - slot.ended >= SECONDS:
                began = self._now() if since is None else since
                slot.content = render()
                slot.began, slot.ended = began, self._now()
                return Fragment(slot.content, 0.0)
            return Fragment(slot.content, self._now() - slot.began)

    def clear(self) -> None:
        with self._lock:
            self._slots.clear()

    def _slot(self, key: Hashable) -> _Slot:
        with self._lock:
            found = self._slots.get(key)
            if found is None:
                self._forget_old()
                found = self._slots[key] = _Slot()
            return found

    def _forget_old(self) -> None:
        """Callers that wait for an old slot keep it; new ones do not find it."""
        border = self._now() - SECONDS
        for key in [k for k, slot in self._slots.items() if slot.ended <= border]:
            if not self._slots[key].lock.locked():
                del self._slots[key]


shared_fragments = SharedFragments()
