"""The few statements of the writing transaction, as SQLite and PostgreSQL read them.

Raw, because the ORM's bulk_create costs four times as much (docs/performance.md).
Django's cursor turns %s into SQLite's own mark.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Model

SQLITE_VARIABLES = 30_000  # SQLite allows 32,766 in one statement


def db_time(at: datetime | None) -> Any:
    """An aware UTC time as the database's cursor takes it (SQLite: Django's text)."""
    if at is None or connection.vendor != "sqlite":
        return at
    return str(at.replace(tzinfo=None))


def insert_many(
    model: type[Model], columns: Sequence[str], rows: list[Sequence[Any]]
) -> None:
    if not rows:
        return
    sql = (
        f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) "
        f"VALUES ({', '.join(['%s'] * len(columns))})"
    )
    with connection.cursor() as cursor:
        cursor.executemany(sql, rows)


def insert_returning(
    model: type[Model],
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    returning: str,
) -> list[tuple[Any, ...]]:
    """Insert what is not there yet; answers `returning` of the rows really made."""
    made: list[tuple[Any, ...]] = []
    one = f"({', '.join(['%s'] * len(columns))})"
    step = SQLITE_VARIABLES // len(columns)
    with connection.cursor() as cursor:
        for start in range(0, len(rows), step):
            part = rows[start : start + step]
            cursor.execute(
                f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) "
                f"VALUES {', '.join([one] * len(part))} "
                f"ON CONFLICT DO NOTHING RETURNING {returning}",
                [value for row in part for value in row],
            )
            made.extend(cursor.fetchall())
    return made


def update_many(
    model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Each row holds the columns' values and then the id."""
    rows = list(rows)
    if not rows:
        return
    assigned = ", ".join(f"{column} = %s" for column in columns)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {model._meta.db_table} SET {assigned} WHERE id = %s", rows
        )
