"""What one transaction adds to the hourly sums."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from tracker.ingest.rows.sql import db_time, is_sqlite, run_many
from tracker.models.rollups import SUMS, HourlyRollup

WRITERS = 16  # rows an hour has at most: processes beyond share one
# At random: in containers all processes may have the same process id.
_WRITER = secrets.randbelow(WRITERS)
COLUMNS = ("project_id", "hour", "writer", *SUMS)


class RollupCounts:
    """Collects while the transaction judges; `write` adds to the stored rows."""

    def __init__(self) -> None:
        self._hours: dict[tuple[int, datetime], dict[str, int]] = {}

    def sample(self, project_id: int, at: datetime, used_tokens: int) -> None:
        sums = self._sums(project_id, at)
        sums["samples"] += 1
        sums["used_tokens"] += used_tokens

    def new_session(self, project_id: int, at: datetime) -> None:
        self._sums(project_id, at)["new_sessions"] += 1

    def event(self, project_id: int, at: datetime, to_level: str) -> None:
        self._sums(project_id, at)[f"{to_level}_events"] += 1

    def compression(self, project_id: int, at: datetime, saved_tokens: int) -> None:
        sums = self._sums(project_id, at)
        sums["compressions"] += 1
        sums["saved_tokens"] += saved_tokens

    def add(self, project_id: int, at: datetime, name: str, value: int) -> None:
        """For corrections. One row may fall below 0: readers add up all rows."""
        self._sums(project_id, at)[name] += value

    def _sums(self, project_id: int, at: datetime) -> dict[str, int]:
        key = (project_id, at.replace(minute=0, second=0, microsecond=0))
        sums = self._hours.get(key)
        if sums is None:
            sums = self._hours[key] = dict.fromkeys(SUMS, 0)
        return sums

    def write(self) -> None:
        if not self._hours:
            return
        # SQLite has one writer at a time; elsewhere rows are locked in key order.
        writer = 0 if is_sqlite() else _WRITER
        rows: list[tuple[Any, ...]] = [
            (project_id, db_time(hour), writer, *sums.values())
            for (project_id, hour), sums in sorted(self._hours.items())
        ]
        run_many(_UPSERT, rows)


_TABLE = HourlyRollup._meta.db_table
_UPSERT = (
    f"INSERT INTO {_TABLE} ({', '.join(COLUMNS)}) "  # noqa: S608 - our table and columns
    f"VALUES ({', '.join(['%s'] * len(COLUMNS))}) "
    "ON CONFLICT (project_id, hour, writer) DO UPDATE SET "
    + ", ".join(f"{name} = {_TABLE}.{name} + excluded.{name}" for name in SUMS)
)
