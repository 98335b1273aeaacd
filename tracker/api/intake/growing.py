"""What fills windows that grow: a conversation is read on from where it grew."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Sequence
from typing import Any, NamedTuple

from tracker.domain.composition.filling import (
    Filling,
    definition_weights,
    filling_of,
)

MOST_LANES = 500  # of about 10 KB each
MOST_OFFERS = 8  # sets of tools
LONGEST_OFFER = 200_000  # letters: longer ones are weighed with each request
Key = tuple[int, str, str]  # project, session, lane


class _Known(NamedTuple):
    """The messages' sizes, marks of the first and the last, and what they fill."""

    sizes: list[int]
    ends: tuple[int, int]
    filling: Filling


class GrowingFillings:
    """Of the lanes that reported last. Each request of a chat holds the whole of it: to
    name all messages anew would take as long as to count them, with every request.

    A conversation counts as the same one, grown, while its messages have the sizes they
    had, and the first and the last of them are the same.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[Key, _Known] = OrderedDict()
        self._offers: deque[tuple[Any, dict[str, int]]] = deque(maxlen=MOST_OFFERS)
        self._lock = threading.Lock()

    def filling(
        self,
        key: Key,
        messages: Sequence[Any],
        sizes: list[int],
        *,
        tools: Any = None,
        **more: Any,
    ) -> Filling:
        """As `filling_of` has it."""
        with self._lock:
            known = self._known.pop(key, None)
        count = 0
        if known is not None:
            count = len(known.sizes)
            is_same = known.sizes == sizes[:count]
            if not is_same or known.ends != _ends(messages, count):
                known, count = None, 0
        found = filling_of(
            messages[count:],
            sizes[count:],
            known=known.filling if known else None,
            **more,
        )
        found.define(self._weights(tools))
        with self._lock:
            ends = _ends(messages, len(messages))
            self._known[key] = _Known(sizes, ends, found)
            if len(self._known) > MOST_LANES:
                self._known.popitem(last=False)
        return found.fork()

    def _weights(self, tools: Any) -> dict[str, int]:
        """As `definition_weights` has them. A client offers the same tools with each
        request: to compare 56 KB of them takes a ninth of weighing them.
        """
        with self._lock:
            offers = tuple(self._offers)
        for offered, weights in offers:
            if offered == tools:
                return weights
        weights = definition_weights(tools)
        if 0 < sum(weights.values()) <= LONGEST_OFFER:
            with self._lock:
                self._offers.append((tools, weights))
        return weights


def _ends(messages: Sequence[Any], count: int) -> tuple[int, int]:
    return hash(str(messages[0])), hash(str(messages[count - 1]))


growing = GrowingFillings()
