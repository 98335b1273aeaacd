"""Stored samples that may be the same call as a report that has just come."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, timedelta
from typing import Any

from django.db import connection

from tracker.domain.reports import Parts, UsageReport
from tracker.ingest.rows.sql import db_time, run
from tracker.models import LLMSession, UsageSample

NO_PARTS = Parts()
_SELECT = (
    "SELECT s.key, s.metadata, u.event_id, u.at, u.model, u.used_tokens, u.source "  # noqa: S608 - a table name of ours
    f"FROM {LLMSession._meta.db_table} s "
    f"JOIN {UsageSample._meta.db_table} u ON u.session_id = s.id "
    "WHERE s.project_id = %s AND u.at BETWEEN %s AND %s"
)


def _marks(values: Sequence[object]) -> str:
    return ", ".join(["%s"] * len(values))


def _padded(values: Collection[Any]) -> list[Any]:
    """Filled up to a power of two with its last value, so that few different statements
    are prepared.
    """
    found = list(values)
    return found + found[-1:] * ((1 << (len(found) - 1).bit_length()) - len(found))


def alike_samples(
    project_id: int,
    reports: Sequence[UsageReport],
    traces: Mapping[str, str],
    window: timedelta,
) -> Iterable[UsageReport]:
    """One query: samples near in time of as many tokens, in sessions named so."""
    times = [report.at for report in reports if report.at is not None]
    names = {report.session for report in reports}
    ids = {report.event_id for report in reports if report.event_id is not None}
    grouped = {traces[i] for i in ids & traces.keys()} - names
    # Django's query builder takes a millisecond, and this runs at each request.
    connection.ensure_connection()
    times_asked = (db_time(min(times) - window), db_time(max(times) + window))
    keys, used = _padded(names | grouped), _padded({r.used_tokens for r in reports})
    sql = (
        f"{_SELECT} AND s.key IN ({_marks(keys)}) AND u.used_tokens IN ({_marks(used)})"
    )
    with connection.wrap_database_errors:
        rows = run(sql, [project_id, *times_asked, *keys, *used])
    for session, metadata, event_id, at, model, used_tokens, source in rows:
        other = UsageReport(
            session=session,
            used_tokens=used_tokens,
            parts=NO_PARTS,
            source=source,
            event_id=event_id,
            at=at.replace(tzinfo=UTC) if at.tzinfo is None else at,
            model=model,
            metadata=json.loads(metadata) if isinstance(metadata, str) else metadata,
        )
        if session in names or is_grouped_by_trace(other):
            yield other


def is_grouped_by_trace(report: UsageReport) -> bool:
    return (report.metadata or {}).get("grouped_by") == "trace"
