"""Where a copied history ends in a Codex rollout, and the thread's own begins.

A sub-agent's rollout, and that of a fork, may begin with the history of the thread it
comes from: the same items, at times with their `token_count` lines, all stamped with
the moment of the copying. They are in the new thread's window, but were asked and paid
for elsewhere.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tracker.sources.transcripts.codex.lines import RolloutMemory, text_at

# A history is copied in one go; a request of one's own takes longer than this.
_PAUSE = timedelta(seconds=1)
_ID_CHARACTERS = 36
_VERSION_AT = 14  # of a UUID's text; version 7 begins with its time


def is_own(memory: RolloutMemory, payload: dict[str, Any], at: datetime | None) -> bool:
    """Whether the line at hand is the first of the thread's own.

    It is where it names the thread, or a turn begun after the thread was; where
    neither is told, the first line after a pause is. A copy with its old times is
    older than the rollout. `memory.at` is the time of the line before.
    """
    named = text_at(payload, "thread_id")
    if named:
        return named == memory.thread
    turn = text_at(payload, "turn_id")
    if _has_time(turn) and _has_time(memory.thread):
        return turn > memory.thread
    if at is None or memory.born is None or at < memory.born:
        return False
    return at - max(memory.at or memory.born, memory.born) >= _PAUSE


def _has_time(name: str) -> bool:
    return len(name) == _ID_CHARACTERS and name[_VERSION_AT] == "7"
