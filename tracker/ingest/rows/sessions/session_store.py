"""Loads, creates and locks the sessions a transaction is about to change.

One process on SQLite keeps them between transactions: `PRAGMA data_version` tells
exactly whether another connection has written since. PostgreSQL locks and reads
them anew each time.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime
from typing import Any

from django.db.models import Q

from tracker.ingest.rows.of_session import rows_of_all
from tracker.ingest.rows.sessions.gauge_state import OCCUPANCY, Gauge, SessionState
from tracker.ingest.rows.sql import ask_ahead, db_time, is_sqlite, run
from tracker.models import LLMSession, Project, SessionLane

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
    "compact_at_tokens",
)
COLUMNS = (*SESSION_COLUMNS, *OCCUPANCY)
TIMES = tuple(
    COLUMNS.index(name)
    for name in ("last_compression_at", "created_at", "first_at", "last_at")
)
SessionKey = tuple[int, str]


class SessionStore:
    """The sessions of one writer. Use inside a transaction, from one thread."""

    def __init__(self) -> None:
        self._cached: OrderedDict[SessionKey, SessionState] = OrderedDict()
        self._projects: dict[int, tuple[str, int]] = {}
        self._data_version: int | None = None
        self._met: set[SessionKey] = set()  # PostgreSQL: committed at some time

    def forget(self) -> None:
        """Call after a failed transaction: what is kept may not be what is stored."""
        self._cached.clear()
        self._projects.clear()
        self._met.clear()
        self._data_version = None

    def begin(self) -> bool:
        """Forget what another connection may have changed since the last commit; True
        if one may have.
        """
        if is_sqlite():
            version = run("PRAGMA data_version")[0][0]
            if version == self._data_version:
                return False
            self._data_version = version
        self._cached.clear()
        self._projects.clear()
        return True

    def ask_projects(self, ids: set[int]) -> Callable[[], None]:
        """PostgreSQL: ask for what `projects` will answer, together with the next
        statement that is waited for. Call the answer then.
        """
        if is_sqlite():
            return lambda: None
        answer = ask_ahead(_PROJECTS, [list(ids)])

        def note() -> None:
            self._projects.update((pk, (slug, seq)) for pk, slug, seq in answer())

        return note

    def projects(self, ids: set[int]) -> dict[int, tuple[str, int]]:
        """(slug, last seq) of each, as this transaction leaves them."""
        missing = ids - self._projects.keys()
        if missing:
            rows = Project.objects.filter(pk__in=missing)
            for pk, slug, seq in rows.values_list("pk", "slug", "last_seq"):
                self._projects[pk] = (slug, seq)
        return self._projects

    def note_seqs(self, seqs: dict[int, int]) -> None:
        """These projects' last seq has just moved."""
        for pk, seq in seqs.items():
            if pk in self._projects:
                self._projects[pk] = (self._projects[pk][0], seq)

    def load(
        self,
        keys: Iterable[SessionKey],
        *,
        now: datetime,
        with_lanes: Collection[SessionKey],
    ) -> dict[SessionKey, SessionState]:
        """All these sessions, locked for this transaction; missing ones are made.

        Where they are not kept, the lanes of those `with_lanes` alone are read.
        """
        found: dict[SessionKey, SessionState] = {}
        missing: list[SessionKey] = []
        for key in keys:
            if key in found:
                continue
            state = self._cached.get(key)
            if state is None or state.is_dropped:
                missing.append(key)
            else:
                self._cached.move_to_end(key)
                found[key] = state
        if missing:
            wanted = sorted(set(missing))
            if is_sqlite():
                states = _read_or_create_alone(wanted, now)
            else:
                states = self._read_or_create(wanted, now, with_lanes)
            for state in states:
                key = (state.project_id, state.key)
                found[key] = self._cached[key] = state
            while len(self._cached) > CACHED_SESSIONS + len(found):
                self._cached.popitem(last=False)
        return found

    def _read_or_create(
        self,
        keys: list[SessionKey],
        now: datetime,
        with_lanes: Collection[SessionKey],
    ) -> list[SessionState]:
        """Create missing rows in the order of their keys, then lock all.

        A session this process has met before is not looked for first. If it was deleted
        meanwhile it is created after the locks, which may deadlock with another
        transaction: PostgreSQL ends one of the two, and the writer tries it again.
        """
        created = _create_missing([k for k in keys if k not in self._met], now)
        states = _locked(keys)
        if len(states) < len(keys):
            there = {(state.project_id, state.key) for state in states}
            created |= _create_missing([k for k in keys if k not in there], now)
            states = _locked(keys)
        if len(self._met) > CACHED_SESSIONS:
            self._met.clear()
        self._met.update(keys)
        for state in states:
            state.is_new = state.id in created
        _read_lanes([s for s in states if (s.project_id, s.key) in with_lanes])
        return states


def _locked(keys: list[SessionKey]) -> list[SessionState]:
    """PostgreSQL: those of these sessions that exist, locked in the order of their
    projects and ids, so that two transactions cannot deadlock.

    A statement for each project: one over several is refused by a database that is
    distributed by project. All are sent before the first is waited for.
    """
    names: dict[int, list[str]] = {}
    for project_id, key in sorted(keys):
        names.setdefault(project_id, []).append(key)
    asked = [ask_ahead(_LOCKING, given) for given in names.items()]
    return [_state(row) for answer in asked for row in answer()]


_PROJECTS = (
    f"SELECT id, slug, last_seq FROM {Project._meta.db_table} "  # noqa: S608 - our table
    "WHERE id = ANY (%s)"
)
_TABLE = LLMSession._meta.db_table
_LOCKING = (
    f"SELECT {', '.join(COLUMNS)} FROM {_TABLE} "  # noqa: S608 - our table and columns
    "WHERE project_id = %s AND key = ANY (%s) ORDER BY id FOR UPDATE"
)


def _read_or_create_alone(keys: list[SessionKey], now: datetime) -> list[SessionState]:
    """SQLite: the transaction already holds the only lock for writing. So a new session
    needs no row to keep others away: it gets its id here, and its row once it is
    judged, with title and gauge (`write_sessions`). A row made here and then changed
    was written three times into the search index, and two times into seven others.
    """
    columns = ", ".join(COLUMNS)
    select = (
        f"SELECT {columns} FROM {LLMSession._meta.db_table} "  # noqa: S608 - our table and columns
        "WHERE project_id = %s AND key = %s"
    )
    states: list[SessionState] = []
    new: list[SessionKey] = []
    for key in keys:
        rows = run(select, key)
        if rows:
            states.append(_state(_with_times(rows[0])))
        else:
            new.append(key)
    _read_lanes(states)
    first = run(_LAST_ID)[0][0] + 1 if new else 0
    for number, key in enumerate(new, first):
        made = SessionState(number, *key, created_at=now, is_new=True, is_stored=False)
        states.append(made)
    return states


# An id of a deleted session is not given again: a page may still be open at it.
_LAST_ID = (
    f"SELECT max(coalesce((SELECT MAX(id) FROM {_TABLE}), 0), coalesce("  # noqa: S608 - our table
    f"(SELECT seq FROM sqlite_sequence WHERE name = '{_TABLE}'), 0))"
)


def _with_times(row: tuple[Any, ...]) -> tuple[Any, ...]:
    values = list(row)
    for index in TIMES:
        if values[index] is not None:
            values[index] = values[index].replace(tzinfo=UTC)
    return tuple(values)


_CREATE_COLUMNS = (*SESSION_COLUMNS[1:], *OCCUPANCY, "changed_us")


def _create(key: SessionKey, now: datetime) -> list[tuple[Any, ...]]:
    """PostgreSQL: insert an empty session, which locks its key; answers its id in a
    row, none if it is there.
    """
    head = (*key, "", "{}", "api", 0, 0, 0, None, db_time(now), None)
    return run(
        f"INSERT INTO {LLMSession._meta.db_table} ({', '.join(_CREATE_COLUMNS)}) "  # noqa: S608 - our table and columns
        f"VALUES ({', '.join(['%s'] * len(_CREATE_COLUMNS))}) "
        "ON CONFLICT DO NOTHING RETURNING id",
        (*head, *Gauge().columns(), 0),
    )


def _create_missing(keys: list[SessionKey], now: datetime) -> set[int]:
    """The ids of those that were not there."""
    if not keys:
        return set()
    known = set(_matching(keys).values_list("project_id", "key"))
    return {row[0] for key in keys if key not in known for row in _create(key, now)}


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
    return SessionState(
        **head,
        gauge=gauge,
        counted_level=gauge.level,
        metadata_text=json.dumps(head["metadata"]),
    )


def _read_lanes(states: list[SessionState]) -> None:
    if not states:
        return
    by_id = {state.id: state for state in states}
    lanes = rows_of_all(SessionLane, states)
    for session_id, name, *row in lanes.values_list("session_id", "name", *OCCUPANCY):
        by_id[session_id].lanes[name] = Gauge.from_columns(tuple(row))
