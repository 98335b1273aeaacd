"""Writes what fills the windows: of each lane now, and before a compression."""

from __future__ import annotations

from datetime import datetime

from tracker.domain.composition.composition import shared_out
from tracker.domain.reports import CompressionReport, Parts
from tracker.ingest.rows.sessions.gauge_state import SessionState
from tracker.ingest.rows.sql import Row, db_time, run_many
from tracker.models import Compression, CompressionComposition, LaneComposition
from tracker.models.sessions import PART_COLUMNS

_COLUMNS = ("project_id", "session_id", "lane", "at", "packed", *PART_COLUMNS)
# Every report with messages writes a row: Django's query builder took 0.3 ms for it.
_UPSERT = (
    f"INSERT INTO {LaneComposition._meta.db_table} ({', '.join(_COLUMNS)}) "  # noqa: S608 - a table and columns of ours
    f"VALUES ({', '.join(['%s'] * len(_COLUMNS))}) "
    "ON CONFLICT (project_id, session_id, lane) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[3:])
)


class Compositions:
    """The newest of each lane in one transaction: one row a lane, however many reports
    came.
    """

    def __init__(self) -> None:
        self._newest: dict[tuple[int, str], Row] = {}

    def note(
        self, state: SessionState, lane: str, packed: str, parts: Parts, at: datetime
    ) -> None:
        self._newest[state.id, lane] = (
            state.project_id, state.id, lane, db_time(at), packed,
            *_columns(parts).values(),
        )  # fmt: skip

    def write(self) -> None:
        """In the order of their keys, so that two writers cannot deadlock."""
        if self._newest:
            newest = sorted(self._newest.items(), key=lambda item: item[0])
            run_many(_UPSERT, [row for _, row in newest])


def write_before(row: Compression, report: CompressionReport, held: Parts) -> None:
    """Of the window before it; a compression that is told better is written anew.

    What the gauge `held` is made to add up to what the compression says.
    """
    before = report.before_tokens
    sizes = [*_columns(held).values()]
    # A session that begins with a compression showed nothing before it.
    parts = Parts(*shared_out(before, sizes)) if any(sizes) else Parts(history=before)
    CompressionComposition.objects.bulk_create(
        [
            CompressionComposition(
                compression_id=row.pk,
                project_id=row.project_id,
                packed=report.composition,
                **_columns(parts),
            )
        ],
        update_conflicts=True,
        unique_fields=["compression"],
        update_fields=["packed", *PART_COLUMNS],
    )


def _columns(parts: Parts) -> dict[str, int]:
    values = (
        parts.system, parts.history, parts.user_context, parts.tools,
        parts.unattributed,
    )  # fmt: skip
    return dict(zip(PART_COLUMNS, values, strict=True))
