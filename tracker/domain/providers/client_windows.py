"""The window a client gives a model, where that is not the model's own.

A client may work with less than the model holds: it compacts long before the
provider would refuse. The table below is dated; a client's own word beats it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tracker.domain.providers.model_names import bare_name, is_long_context
from tracker.domain.reports import MAX_TOKENS

SMALL_WINDOW = 200_000
LARGE_WINDOW = 1_000_000
# Claude Code's, in its environment: the window its automatic compaction reckons with.
AUTO_COMPACT_WINDOW = "CLAUDE_CODE_AUTO_COMPACT_WINDOW"
_NEWER = (5, 0)  # families that began here are in no table yet

_FAMILY_FIRST = re.compile(r"^claude-([a-z]+)-(\d+)(?:-(\d{1,2}))?(?=$|-)")
_VERSION_FIRST = re.compile(r"^claude-(\d+)(?:-(\d{1,2}))?-([a-z]+)(?=$|-)")
_LEADING_NUMBERS = re.compile(r"^(\d+)\.(\d+)(?:\.(\d+))?")


@dataclass(frozen=True, slots=True)
class ClientTable:
    """What one client gives from version `since` on, as measured on `as_of`.

    `large_from` names, per family, the first generation that gets LARGE_WINDOW
    without being asked; older ones get SMALL_WINDOW. A family it does not name gets
    SMALL_WINDOW up to generation 4 and is not known from 5 on.
    """

    since: tuple[int, int, int]
    as_of: str
    large_from: dict[str, tuple[int, int]]


# Newest first. Measured with version 2.1.332: `modelUsage.contextWindow` of
# `claude -p --output-format json`, and where it compacts by itself (970,035 tokens
# with Opus 5.5, 155,000 to 168,000 with Opus 4.6 and Sonnet 4.5).
CLAUDE_CODE = (
    ClientTable(
        since=(2, 1, 0),
        as_of="2026-11-28",
        large_from={"opus": (4, 7), "sonnet": (5, 0), "haiku": (5, 0)},
    ),
    ClientTable(since=(0, 0, 0), as_of="2025-11-24", large_from={}),
)


def told_tokens(value: Any) -> int | None:
    """A number of tokens as settings have it, also as text; None for anything else."""
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 20:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 < value <= MAX_TOKENS else None


@lru_cache(maxsize=1024)  # asked for each request
def claude_code_window(model: str, version: str = "") -> int | None:
    """What Claude Code of `version` gives `model`; None for a model it does not know.

    `claude-opus-4-7` has 1,000,000 tokens in version 2.1.332, `claude-opus-4-6` has
    200,000, `claude-opus-4-6[1m]` has 1,000,000 in every version. A version that is
    not told, or not a number, counts as the newest.
    """
    if is_long_context(model):
        return LARGE_WINDOW
    generation = _generation(model)
    if generation is None:
        return None
    family, number = generation
    first = _table_of(version).large_from.get(family)
    if first is None and number >= _NEWER:
        return None
    return LARGE_WINDOW if first is not None and number >= first else SMALL_WINDOW


def _table_of(version: str) -> ClientTable:
    told = _LEADING_NUMBERS.match(version.strip())
    if told is None:
        return CLAUDE_CODE[0]
    numbers = (int(told[1]), int(told[2]), int(told[3] or 0))
    return next(table for table in CLAUDE_CODE if numbers >= table.since)


def _generation(model: str) -> tuple[str, tuple[int, int]] | None:
    """`claude-opus-4-7-20260416` -> ("opus", (4, 7))."""
    name = bare_name(model)
    if told := _FAMILY_FIRST.match(name):
        return told[1], (int(told[2]), int(told[3] or 0))
    if told := _VERSION_FIRST.match(name):
        return told[3], (int(told[1]), int(told[2] or 0))
    return None
