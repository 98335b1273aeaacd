"""Loads, creates and locks the sessions a transaction is about to change.

One process on SQLite keeps them between transactions: `PRAGMA data_version` tells
exactly whether another connection has written since. PostgreSQL locks and reads
them anew each time.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q

from tracker.ingest.gauge_state import OCCUPANCY, Gauge, SessionState
from tracker.ingest.sql import db_time
from tracker.models import LLMSession, SessionLane

CACHED_SESSIONS = 20_000  # about 2 KiB each
SESSION_COLUMNS = (
    "id",
    "project_id",
    "key",
    "title",
    "metadata",
    "origin",
    "event_count",
    "compression_count",
    "saved_tokens",
    "last_compression_at",
    "created_at",
)
SessionKey = tuple[int, str]


class SessionStore:
    """The sessions of one writer. Use inside a transaction, from one thread."""

    def __init__(self) -> None:
        self._cached: OrderedDict[SessionKey, SessionState] = OrderedDict()
        self._data_version: int | None = None

    def forget(self) -> None:
        """A transaction failed: what is held may not be what is stored."""
        self._cached.clear()

    def begin(self) -> None:
        """Drop what another connection may have changed since the last commit."""
        if connection.vendor != "sqlite":
            self._cached.clear()
            return
        with connection.cursor() as cursor:
            version = cursor.execute("PRAGMA data_version").fetchone()[0]
        if version != self._data_version:
            self._cached.clear()
            self._data_version = version

    def load(
        self, keys: Iterable[SessionKey], *, now: datetime
    ) -> dict[SessionKey, SessionState]:
        """All these sessions, locked for this transaction; missing ones are made."""
        found: dict[SessionKey, SessionState] = {}
        missing: list[SessionKey] = []
        for key in dict.fromkeys(keys):
            state = self._cached.get(key)
            if state is None or state.is_dropped:
                missing.append(key)
            else:
                self._cached.move_to_end(key)
                found[key] = state
        if missing:
            for state in _read_or_create(sorted(missing), now):
                key = (state.project_id, state.key)
                found[key] = self._cached[key] = state
            while len(self._cached) > CACHED_SESSIONS + len(found):
                self._cached.popitem(last=False)
        return found


def _read_or_create(keys: list[SessionKey], now: datetime) -> list[SessionState]:
    """New rows first, in key order, then locks in id order: two transactions that
    want the same sessions can wait for each other, but never in a circle.
    """
    known = set(_matching(keys).values_list("project_id", "key"))
    created = _create([key for key in keys if key not in known], now)
    rows = _matching(keys).order_by("id")
    if connection.features.has_select_for_update:
        rows = rows.select_for_update()
    states = [_state(row) for row in rows.values_list(*SESSION_COLUMNS, *OCCUPANCY)]
    for state in states:
        state.is_new = state.id in created
    _read_lanes(states)
    return states


def _create(keys: list[SessionKey], now: datetime) -> set[int]:
    """Insert empty sessions; answers the ids of those that this call made."""
    created: set[int] = set()
    columns = (*SESSION_COLUMNS[1:], *OCCUPANCY, "changed_us")
    table = LLMSession._meta.db_table
    sql = (
        f"INSERT INTO {table} ({', '.join(columns)}) "
        f"VALUES ({', '.join(['%s'] * len(columns))}) "
        "ON CONFLICT DO NOTHING RETURNING id"
    )
    empty = Gauge().columns()
    with connection.cursor() as cursor:
        for project_id, key in keys:
            head = (project_id, key, "", "{}", "api", 0, 0, 0, None, db_time(now))
            cursor.execute(sql, (*head, *empty, 0))
            created.update(row[0] for row in cursor.fetchall())
    return created


def _matching(keys: list[SessionKey]) -> Any:
    by_project: dict[int, list[str]] = {}
    for project_id, key in keys:
        by_project.setdefault(project_id, []).append(key)
    wanted = Q()
    for project_id, names in by_project.items():
        wanted |= Q(project_id=project_id, key__in=names)
    return LLMSession.objects.filter(wanted)


def _state(row: tuple[Any, ...]) -> SessionState:
    head = dict(zip(SESSION_COLUMNS, row[: len(SESSION_COLUMNS)], strict=True))
    if isinstance(head["metadata"], str):
        head["metadata"] = json.loads(head["metadata"])
    gauge = Gauge.from_columns(row[len(SESSION_COLUMNS) :])
    return SessionState(**head, gauge=gauge, counted_level=gauge.level)


def _read_lanes(states: list[SessionState]) -> None:
    by_id = {state.id: state for state in states}
    lanes = SessionLane.objects.filter(session_id__in=by_id)
    for session_id, name, *row in lanes.values_list("session_id", "name", *OCCUPANCY):
        by_id[session_id].lanes[name] = Gauge.from_columns(tuple(row))
