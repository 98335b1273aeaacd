"""Threshold events and compressions on their way into the store, and their seq."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from tracker.domain.budget.status import LEVELS, BudgetStatus
from tracker.domain.reports import CompressionReport
from tracker.ingest.arrivals import FiredEvent, Outcome
from tracker.ingest.rows.gauge_state import SessionState
from tracker.ingest.rows.sql import db_time, insert_returning, run
from tracker.models import Compression, Project, ThresholdEvent

EVENT_COLUMNS = (
    "project_id", "session_id", "seq", "at", "from_level", "to_level", "used_tokens",
    "available_tokens", "policy_name", "event_id",
)  # fmt: skip


@dataclass(slots=True)
class PendingEvent:
    state: SessionState
    status: BudgetStatus
    from_level: str
    to_level: str
    at: datetime
    event_id: str
    outcome: Outcome | None = None
    fired: FiredEvent | None = None


@dataclass(slots=True)
class PendingCompression:
    state: SessionState
    report: CompressionReport
    at: datetime
    outcome: Outcome
    seq: int = 0
    row: Compression | None = None
    kept_summary: str = ""  # empty where the project keeps no text


def number(
    items: Sequence[PendingEvent | PendingCompression],
    changed: Collection[SessionState],
) -> dict[int, int]:
    """Give these their seq, under the project's row lock, and move its counts of
    levels; answers the last seq of each project that moved.
    """
    levels = _level_changes(changed)
    numbered: dict[int, list[PendingEvent | PendingCompression]] = {}
    for item in items:
        numbered.setdefault(item.state.project_id, []).append(item)
    last_seqs: dict[int, int] = {}
    for project_id in sorted(levels.keys() | numbered.keys()):
        own = numbered.get(project_id, [])
        last = _advance(project_id, len(own), levels.get(project_id, Counter()))
        last_seqs[project_id] = last
        for seq, item in enumerate(own, last - len(own) + 1):
            if isinstance(item, PendingCompression):
                item.seq = seq
            else:
                item.fired = FiredEvent(
                    0, seq, item.from_level, item.to_level,
                    item.status.used_tokens, item.at,
                )  # fmt: skip
    return last_seqs


def write_events(events: Sequence[PendingEvent]) -> None:
    """Once numbered. Their outcomes then name them, with their ids."""
    if not events:
        return
    rows = [
        (
            e.state.project_id, e.state.id, e.fired.seq, db_time(e.at),
            e.from_level, e.to_level, e.status.used_tokens,
            e.status.limits.available_tokens, e.status.policy, e.event_id,
        )
        for e in events
        if e.fired is not None
    ]  # fmt: skip
    made = insert_returning(ThresholdEvent, EVENT_COLUMNS, rows, "id, project_id, seq")
    ids = {(project_id, seq): pk for pk, project_id, seq in made}
    for event in events:
        assert event.fired is not None and event.outcome is not None
        seq = event.fired.seq
        event.fired = FiredEvent(
            ids[event.state.project_id, seq], seq, event.from_level,
            event.to_level, event.status.used_tokens, event.at,
        )  # fmt: skip
        event.outcome.events.append(event.fired)


def _level_changes(changed: Collection[SessionState]) -> dict[int, Counter[str]]:
    """How each project's counts of sessions at a level move."""
    changes: dict[int, Counter[str]] = {}
    for state in changed:
        level = state.gauge.level
        if state.is_new:
            changes.setdefault(state.project_id, Counter())[level] += 1
        elif level != state.counted_level:
            counter = changes.setdefault(state.project_id, Counter())
            counter[level] += 1
            counter[state.counted_level] -= 1
    return changes


_ADVANCE = (
    f"UPDATE {Project._meta.db_table} SET last_seq = last_seq + %s, "
    + ", ".join(f"{level}_count = {level}_count + %s" for level in LEVELS)
    + " WHERE id = %s RETURNING last_seq"
)


def _advance(project_id: int, seqs: int, levels: Counter[str]) -> int:
    """Move a project's numbers; answers its last seq."""
    moved = [levels[level] for level in LEVELS]
    return int(run(_ADVANCE, [seqs, *moved, project_id])[0][0])
