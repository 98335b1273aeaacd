"""When a drop in occupancy that nobody announced looks like a compression.

Measured on 29 real sessions: their compactions left 22 to 33 % of what was in the
window, and the two largest other drops (a conversation taken back by some turns) left
61 and 64 %.
"""

from __future__ import annotations

from collections.abc import Sequence

SUSPECTED = "suspected"
# Clients whose session files have a line for each compaction (`origin` of a report).
# Without such a line a drop is not a compaction: in one of Claude Code's files the
# window went from 91,000 to 33,000 between two adjacent lines, for another reason.
THEIR_FILES_SAY = frozenset({
    "claude_code", "codex", "copilot_cli", "gemini_cli", "goose", "kilo_code",
    "kimi_code", "mistral_vibe", "openclaw", "opencode", "openhands", "pi", "qwen_code",
})  # fmt: skip
LEFT_AT_MOST = (3, 5)  # of what was in the window before
FREED_AT_LEAST = (1, 10)  # of the available tokens: small windows vary a lot
CAME_BACK = (9, 10)  # of what was there before the drop

# Who reported a compression; the last ones know most. A compression that several report
# is stored once, as the best of them reports it.
WAYS = (SUSPECTED, "otlp", "api", "client")


def is_sudden_drop(before: int, after: int, *, available: int) -> bool:
    """Whether the window's tokens fell so far between two requests that a compression
    is the likely reason. Both must be reported by the provider, for one model and lane.
    """
    left, whole = LEFT_AT_MOST
    freed, of = FREED_AT_LEAST
    return after * whole <= before * left and (before - after) * of >= available * freed


def has_come_back(before: int, now: int) -> bool:
    """Whether a request is as large as the one before the drop: then the small one
    between them was another kind of call in the same session, and nothing was lost.
    """
    part, whole = CAME_BACK
    return now * whole >= before * part


def calls_alternate(used: Sequence[int], *, available: int) -> bool:
    """Whether such a drop that came back is among the newest samples, oldest first:
    then calls of several kinds share the session, and drops say nothing.
    """
    return any(
        is_sudden_drop(one, two, available=available) and has_come_back(one, three)
        for one, two, three in zip(used, used[1:], used[2:], strict=False)
    )


def way_of(*, trigger: str, origin: str) -> str:
    """Which of WAYS reported it; a transcript is the client's own word."""
    if trigger == SUSPECTED:
        return SUSPECTED
    return origin if origin in WAYS else "client"


def knows_more(one: str, other: str) -> bool:
    """Whether the source `one` knows more about a compression than `other`."""
    return WAYS.index(one) > WAYS.index(other)
