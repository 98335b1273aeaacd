"""Threshold events and compressions on their way into the store, and their seq."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from tracker.domain.budget.status import LEVELS
from tracker.domain.reports import CompressionReport, Parts
from tracker.ingest.arrivals import FiredEvent, Outcome
from tracker.ingest.rows.sessions.gauge_state import SessionState
from tracker.ingest.rows.sql import db_time, insert_returning, run
from tracker.models import Compression, Project, ThresholdEvent

EVENT_COLUMNS = (
    "project_id", "session_id", "seq", "at", "from_level", "to_level", "used_tokens",
    "available_tokens", "policy_name", "event_id",
)  # fmt: skip


@dataclass(slots=True)
class PendingCompression:
    state: SessionState
    report: CompressionReport
    at: datetime
    outcome: Outcome
    seq: int = 0
    onto: Compression | None = None  # the row of a poorer report of the same
    row: Compression | None = None
    kept_summary: str = ""  # empty where the project keeps no text
    held: Parts = Parts()  # what the gauge showed before it

    @property
    def project_id(self) -> int:
        return self.state.project_id


def number(
    items: Sequence[FiredEvent | PendingCompression],
    changed: Collection[SessionState],
) -> dict[int, int]:
    """Give each of these the next seq of its project, and move the projects' counts of
    sessions at a level. Answers the last seq of each project that moved.

    Locks the projects' rows in the order of their ids, so that two transactions cannot
    deadlock.
    """
    levels = _level_changes(changed)
    by_project: dict[int, list[FiredEvent | PendingCompression]] = {}
    for item in items:
        by_project.setdefault(item.project_id, []).append(item)
    last_seqs: dict[int, int] = {}
    for project_id in sorted(levels.keys() | by_project.keys()):
        own = by_project.get(project_id, [])
        last = _advance(project_id, len(own), levels.get(project_id, Counter()))
        last_seqs[project_id] = last
        for seq, item in enumerate(own, last - len(own) + 1):
            item.seq = seq
    return last_seqs


def write_events(events: Sequence[FiredEvent]) -> None:
    """Insert numbered events; afterwards they have their ids."""
    if not events:
        return
    rows = [
        (
            e.project_id, e.session_id, e.seq, db_time(e.at), e.from_level, e.to_level,
            e.used_tokens, e.available_tokens, e.policy, e.event_id,
        )
        for e in events
    ]  # fmt: skip
    made = insert_returning(ThresholdEvent, EVENT_COLUMNS, rows, "id, project_id, seq")
    ids = {(project_id, seq): pk for pk, project_id, seq in made}
    for event in events:
        event.id = ids[event.project_id, event.seq]


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
    f"UPDATE {Project._meta.db_table} SET last_seq = last_seq + %s, "  # noqa: S608 - our table and levels
    + ", ".join(f"{level}_count = {level}_count + %s" for level in LEVELS)
    + " WHERE id = %s RETURNING last_seq"
)


def _advance(project_id: int, seqs: int, levels: Counter[str]) -> int:
    """Move a project's numbers; answers its last seq."""
    moved = [levels[level] for level in LEVELS]
    return int(run(_ADVANCE, [seqs, *moved, project_id])[0][0])
