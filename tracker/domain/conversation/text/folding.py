"""Finds a text in another one, ignoring case."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate


def found_span(text: str, wanted: str) -> tuple[int, int] | None:
    """Where the first `wanted` begins and ends in `text`, None where it is not there.

    A few letters are two when their case is folded: "straße" holds "STRASSE" at 0 to 6.
    """
    folded, sought = text.casefold(), wanted.casefold()
    at = folded.find(sought)
    if at < 0 or not sought:
        return None
    if len(folded) == len(text):  # no letter becomes shorter: each stayed one
        return at, at + len(sought)
    ends = list(accumulate(len(letter.casefold()) for letter in text))
    return bisect_right(ends, at), bisect_left(ends, at + len(sought)) + 1
