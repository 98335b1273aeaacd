"""Looks for a pattern in many short texts."""

from __future__ import annotations

import re
from collections.abc import Callable

try:
    import re2
except ImportError:  # a client's installation has it not, and may compress all the same
    re2 = re


def finder(pattern: str) -> Callable[[str], bool]:
    """A function that says whether a text holds `pattern`.

    RE2 takes a fifth of the time. To it words are ASCII alone: in "Noël" it sees "No".
    Other texts are left to Python. `pattern` must be one that both know.
    """
    fast, exact = re2.compile(pattern), re.compile(pattern)
    return lambda text: (fast if text.isascii() else exact).search(text) is not None
