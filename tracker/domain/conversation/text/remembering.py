"""Answers of pure functions over texts, remembered up to a number of characters."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Result = TypeVar("Result")


class Remembered(Generic[Key, Result]):
    """Caches the answers of `function`.

    A review looks at each message four times, and again for what was used later. `size`
    gives the characters of a key. All is dropped when the next entry would exceed
    `most` characters; a limit on the number of entries would not do, because one
    message may be a megabyte. The answers must not be changed by callers. Safe for
    threads.
    """

    def __init__(
        self, function: Callable[[Key], Result], size: Callable[[Key], int], most: int
    ) -> None:
        self._function, self._size, self._most = function, size, most
        self._known: dict[Key, Result] = {}
        self._characters = 0

    def __call__(self, key: Key) -> Result:
        known = self._known
        found = known.get(key)
        if found is None:
            found = self._function(key)
            size = self._size(key)
            if self._characters + size > self._most:
                known = self._known = {}
                self._characters = 0
            if size <= self._most:
                known[key] = found
                self._characters += size
        return found
