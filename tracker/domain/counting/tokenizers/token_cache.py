"""What was counted once is not counted again: text -> tokens, without the text.

A conversation is sent whole with every request and grows at its end, so all but the
newest messages have been counted before.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

# One entry: a key of 104 bits, a count, and their place in the ordered dictionary
# (tracemalloc: 148 to 155 bytes, and half as much again while it grows).
ENTRY_BYTES = 220
DEFAULT_BUDGET_BYTES = 16 * 1024 * 1024


class TokenCache:
    """Counts by content, the least recently used dropped beyond `budget_bytes`.

    Safe for threads; two that meet over one new text may both count it.
    """

    def __init__(self, budget_bytes: int = DEFAULT_BUDGET_BYTES) -> None:
        self.max_entries = max(1, budget_bytes // ENTRY_BYTES)
        self._counts: OrderedDict[int, int] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._counts)

    def count(self, text: str, counted: Callable[[str], int]) -> int:
        """`counted(text)`, remembered."""
        # Python's own hash of the text (SipHash, 64 bits, secret per process) is kept
        # in the string: asking again costs nothing. With the length beside it, two of
        # 80,000 texts meet once in some 10^9 processes.
        key = hash(text) << 40 | len(text)
        with self._lock:
            tokens = self._counts.get(key)
            if tokens is not None:
                self._counts.move_to_end(key)
                return tokens
        tokens = counted(text)
        with self._lock:
            self._counts[key] = tokens
            if len(self._counts) > self.max_entries:
                self._counts.popitem(last=False)
        return tokens

    def clear(self) -> None:
        with self._lock:
            self._counts.clear()
