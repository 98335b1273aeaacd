"""The few statements of the writing transaction, as SQLite and PostgreSQL read them.

On the driver's own cursor: Django's wrapper and its query builder cost more than
narrow statements do (docs/performance.md). Call inside `transaction.atomic`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from django.db import connection
from django.db.models import Model

SQLITE_VARIABLES = 30_000  # SQLite allows 32,766 in one statement


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
    """For a lock (SQLite) or an answer (PostgreSQL): clients of this thread give up
    sooner than somebody at a page does. Opens the connection where there is none.
    """
    if connection.connection is not None:
        return
    connection.ensure_connection()
    if is_sqlite():
        run(f"PRAGMA busy_timeout = {int(seconds * 1000)}")
    else:
        connection.connection.answer_seconds = seconds


def driver_cursor() -> Any:
    """Raises the driver's errors: the Recorder turns them into Django's."""
    if is_sqlite():
        return connection.connection.cursor()
    # Not Django's, which puts values into the text: this one binds on the server,
    # prepares what comes again, and sends many rows without waiting for each.
    from psycopg import Cursor

    return Cursor(connection.connection)


@cache
def _marked(sql: str) -> str:
    """Statements are written with %s, psycopg's mark; SQLite's is ?."""
    return sql.replace("%s", "?") if is_sqlite() else sql


def run(sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """One statement that answers rows."""
    found: list[tuple[Any, ...]] = (
        driver_cursor().execute(_marked(sql), values).fetchall()
    )
    return found


def run_many(sql: str, rows: Sequence[Sequence[Any]]) -> None:
    driver_cursor().executemany(_marked(sql), rows)


@cache
def _insert(table: str, columns: tuple[str, ...], rows: int) -> str:
    one = f"({', '.join(['%s'] * len(columns))})"
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([one] * rows)}"
    )


def insert_many(
    model: type[Model], columns: tuple[str, ...], rows: list[Sequence[Any]]
) -> None:
    if rows:
        run_many(_insert(model._meta.db_table, columns, 1), rows)


def insert_returning(
    model: type[Model],
    columns: tuple[str, ...],
    rows: Sequence[Sequence[Any]],
    returning: str,
) -> list[tuple[Any, ...]]:
    """Insert what is not there yet; answers `returning` of the rows really made."""
    made: list[tuple[Any, ...]] = []
    step = SQLITE_VARIABLES // len(columns)
    for start in range(0, len(rows), step):
        part = rows[start : start + step]
        made += run(
            f"{_insert(model._meta.db_table, columns, len(part))} "
            f"ON CONFLICT DO NOTHING RETURNING {returning}",
            [value for row in part for value in row],
        )
    return made


def update_many(
    model: type[Model], columns: tuple[str, ...], rows: Sequence[Sequence[Any]]
) -> None:
    """Each row holds the columns' values and then the id."""
    if rows:
        run_many(_update(model._meta.db_table, columns), rows)


@cache
def _update(table: str, columns: tuple[str, ...]) -> str:
    assigned = ", ".join(f"{column} = %s" for column in columns)
    return f"UPDATE {table} SET {assigned} WHERE id = %s"
