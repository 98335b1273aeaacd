"""The statements of the writing transaction, for SQLite and for PostgreSQL.

They run on the driver's own cursor: Django's wrapper and query builder take longer
than these narrow statements do (docs/performance.md). Call inside `transaction.atomic`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from itertools import chain
from typing import Any

import msgspec
from django.db import connection
from django.db.models import Model

SQLITE_VARIABLES = 30_000  # SQLite allows 32,766 in one statement
MOST_ROWS = 256  # in one statement: more are no faster
_NEVER_BY_ITSELF = 10**9  # uses of one text, until the driver prepares it unasked
WHOLE_ROWS = 32  # so many clients' reports are one statement, not five

Row = Sequence[Any]


@cache
def is_sqlite() -> bool:
    return connection.vendor == "sqlite"


@lru_cache(maxsize=4096)  # one time goes into several rows of a report
def db_time(at: datetime | None) -> Any:
    """An aware UTC time as the driver takes it (SQLite: the text Django stores)."""
    if at is None or not is_sqlite():
        return at
    return at.isoformat(" ")[:-6]  # without its +00:00


def wait_at_most(seconds: float) -> None:
    """Set this thread's time for a lock (SQLite) or an answer (PostgreSQL): its clients
    give up sooner than a person at a page. Opens the connection where there is none.
    """
    if connection.connection is not None:
        return
    connection.ensure_connection()
    if is_sqlite():
        run(f"PRAGMA busy_timeout = {int(seconds * 1000)}")
    else:
        raw: Any = connection.connection
        raw.statement_timeout = seconds
        if _is_direct(raw):
            raw.prepare_threshold = _NEVER_BY_ITSELF


def driver_cursor() -> Any:
    """Raises the driver's errors: the Recorder turns them into Django's."""
    if is_sqlite():
        return connection.connection.cursor()
    # Not Django's, which puts values into the text: this one binds on the server, and
    # sends many rows without waiting for each.
    from psycopg import Cursor

    return Cursor(connection.connection)


def _is_direct(raw: Any) -> bool:
    """Whether this connection leads to one process of PostgreSQL. Behind PgBouncer the
    next transaction may be another's, which does not know what was prepared here:
    it tells a process id that is not the one at the other end.
    """
    told = raw.execute("SELECT pg_backend_pid()").fetchone()[0]
    return bool(told == raw.info.backend_pid)


def _prepared() -> dict[str, bool]:
    """PostgreSQL: parse and plan a statement of ours once for each connection, not once
    a group (.70 of its time where three processes write).
    """
    if is_sqlite() or connection.connection.prepare_threshold is None:
        return {}
    return {"prepare": True}


@cache
def _marked(sql: str) -> str:
    """Statements are written with %s, psycopg's mark; SQLite's is ?."""
    return sql.replace("%s", "?") if is_sqlite() else sql


def run(sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """One statement that answers rows."""
    found: list[tuple[Any, ...]] = (
        driver_cursor().execute(_marked(sql), values, **_prepared()).fetchall()
    )
    return found


def ask_ahead(
    sql: str, values: Sequence[Any] = ()
) -> Callable[[], list[tuple[Any, ...]]]:
    """The same, read later: within `pipeline` the next answer brings it along."""
    found: Callable[[], list[tuple[Any, ...]]] = (
        driver_cursor().execute(_marked(sql), values, **_prepared()).fetchall
    )
    return found


def do(sql: str, values: Sequence[Any]) -> None:
    """One statement that answers nothing."""
    driver_cursor().execute(_marked(sql), values, **_prepared())


def pipeline() -> contextlib.AbstractContextManager[Any]:
    """PostgreSQL's pipeline: statements are sent one after the other, and only those
    that answer rows are waited for. Each wait also gives up Python's lock, which a busy
    process gives back up to 5 ms later.
    """
    if is_sqlite():
        return contextlib.nullcontext()
    made: contextlib.AbstractContextManager[Any] = connection.connection.pipeline()
    return made


def is_pipelined() -> bool:
    """Whether this thread is within `pipeline` on PostgreSQL."""
    if is_sqlite() or connection.connection is None:
        return False
    return bool(connection.connection.pgconn.pipeline_status)


def run_many(sql: str, rows: Sequence[Sequence[Any]]) -> None:
    driver_cursor().executemany(_marked(sql), rows)


def insert_many(
    model: type[Model], columns: tuple[str, ...], rows: Sequence[Sequence[Any]]
) -> None:
    """Many rows in one statement: each further statement may lose Python's lock to
    another thread, and waits for a database on the network.
    """
    if is_sqlite():
        for part in _parts(rows, len(columns)):
            do(_insert(model, columns, len(part)), _flat(part))
    elif rows:
        source = _json_source(model, columns)
        do(
            f"{_insert_head(model, columns)} {source.select}",
            [_as_json(rows, source)],
        )


def insert_returning(
    model: type[Model],
    columns: tuple[str, ...],
    rows: Sequence[Sequence[Any]],
    returning: str,
    *,
    where: str = "true",
) -> list[tuple[Any, ...]]:
    """Insert what is not there yet, if `where` is true of it, which calls the columns
    given.column1, …; answers `returning` of the rows really made.
    """
    end = f"ON CONFLICT DO NOTHING RETURNING {returning}"
    if not is_sqlite():
        source = _json_source(model, columns)
        head = f"{_insert_head(model, columns)} {source.select}"
        head = f"{head} WHERE {where}"
        return run(f"{head} {end}", [_as_json(rows, source)]) if rows else []
    made: list[tuple[Any, ...]] = []
    for part in _parts(rows, len(columns)):
        given = f"({_values(len(columns), len(part))}) AS given WHERE {where} {end}"
        head = _insert_head(model, columns)
        made += run(f"{head} SELECT * FROM {given}", _flat(part))  # noqa: S608 - ours
    return made


def update_many(
    model: type[Model],
    columns: tuple[str, ...],
    rows: Mapping[int, Sequence[Sequence[Any]]],
) -> None:
    """`rows` by project; each holds the columns' values and then the id.

    PostgreSQL: a statement for each project, so that one node of a database that is
    distributed by project does the work, not all.
    """
    if is_sqlite():
        for part in _parts(list(chain.from_iterable(rows.values())), len(columns) + 1):
            given = _values(len(columns) + 1, len(part))
            do(_update(model, columns, given), _flat(part))
        return
    source = _json_source(model, (*columns, "id"))
    update = f"{_update(model, columns, source.select)} AND project_id = %s"
    for project_id, of_project in rows.items():
        do(update, [_as_json(of_project, source), project_id])


def _parts(rows: Sequence[Row], width: int) -> Iterator[Sequence[Row]]:
    """Cut to lengths that are powers of two, few statements to prepare and keep; the
    last of them are one part, whatever its length.
    """
    size = MOST_ROWS
    while size * width > SQLITE_VARIABLES:
        size //= 2
    start = 0
    while start < len(rows):
        while size > len(rows) - start > WHOLE_ROWS:
            size //= 2
        yield rows[start : start + size]
        start += size


def _flat(rows: Sequence[Row]) -> list[Any]:
    return list(chain.from_iterable(rows))


@cache
def _insert_head(model: type[Model], columns: tuple[str, ...]) -> str:
    return f"INSERT INTO {model._meta.db_table} ({', '.join(columns)})"


@cache
def _insert(model: type[Model], columns: tuple[str, ...], rows: int) -> str:
    return f"{_insert_head(model, columns)} {_values(len(columns), rows)}"


@cache
def _values(width: int, rows: int) -> str:
    one = f"({', '.join(['%s'] * width)})"
    return f"VALUES {', '.join([one] * rows)}"


@dataclass(frozen=True, slots=True)
class _JsonSource:
    """PostgreSQL: rows sent as one JSON text. Whatever their number, the statement is
    the same; an array per column costs the driver more.
    """

    select: str
    names: tuple[str, ...]
    texts: tuple[int, ...]  # places of JSON texts, which go in as they are
    binaries: tuple[int, ...]


@cache
def _json_source(model: type[Model], columns: tuple[str, ...]) -> _JsonSource:
    kinds = [model._meta.get_field(name).db_type(connection) or "" for name in columns]
    names = tuple(f"column{number}" for number in range(1, len(columns) + 1))
    given = ", ".join(f"{n} {k}" for n, k in zip(names, kinds, strict=True))
    return _JsonSource(
        f"SELECT * FROM json_to_recordset(%s::json) AS given ({given})",  # noqa: S608 - a model's table and columns
        names,
        tuple(i for i, kind in enumerate(kinds) if kind == "jsonb"),
        tuple(i for i, kind in enumerate(kinds) if kind == "bytea"),
    )


def _as_json(rows: Sequence[Row], source: _JsonSource) -> str:
    found = []
    for row in rows:
        values = list(row)
        for i in source.texts:
            if values[i] is not None:
                values[i] = msgspec.Raw(values[i].encode())
        for i in source.binaries:
            values[i] = f"\\x{values[i].hex()}"
        found.append(dict(zip(source.names, values, strict=True)))
    return msgspec.json.encode(found).decode()


@cache
def _update(model: type[Model], columns: tuple[str, ...], source: str) -> str:
    """SQLite names the columns of VALUES column1, column2, ... by itself."""
    table, names = model._meta.db_table, [*columns, "id"]
    given = [f"column{number}" for number in range(1, len(names) + 1)]
    assigned = ", ".join(
        f"{name} = given.{value}" for name, value in zip(columns, given, strict=False)
    )
    return (
        f"UPDATE {table} SET {assigned} FROM ({source}) AS given "  # noqa: S608 - a model's table and columns
        f"WHERE {table}.id = given.{given[-1]}"
    )
