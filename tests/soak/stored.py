"""What the tables have, read with SQL past the product."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from tests.site_process import SiteProcess

_REPORTS = """
SELECT fact.event_id, fact.id FROM {table} fact
JOIN tracker_llmsession session ON session.id = fact.session_id
WHERE fact.id > {mark} AND {column} LIKE {mark}
"""


def stored_reports(
    server: SiteProcess,
    column: str,
    begins: str,
    *,
    table: str = "usagesample",
    after: int = 0,
) -> list[tuple[Any, Any]]:
    """Event id and row id of every row, also doubled ones, where the column
    (session.key or fact.event_id) begins so, and whose id is larger than `after`.
    """
    return _rows(
        server,
        _REPORTS.format(table=f"tracker_{table}", column=column, mark="{mark}"),
        (after, f"{begins}%"),
    )


def _rows(
    server: SiteProcess, statement: str, values: Sequence[object]
) -> list[tuple[Any, Any]]:
    if server.database_url:
        import psycopg

        with psycopg.connect(server.database_url) as connection:
            return connection.execute(
                statement.format(mark="%s").encode(), values
            ).fetchall()
    path = f"file:{server.database}?mode=ro"
    with contextlib.closing(sqlite3.connect(path, uri=True, timeout=60)) as file:
        return file.execute(statement.format(mark="?"), values).fetchall()


def number_of(server: SiteProcess, table: str) -> int:
    ((number, _),) = _rows(server, f"SELECT count(*), 0 FROM {table}", ())  # noqa: S608
    return int(number)


def columns_of(server: SiteProcess, table: str) -> list[str]:
    if server.database_url:
        asked = "SELECT column_name, 0 FROM information_schema.columns WHERE table_name"
    else:
        asked = "SELECT name, 0 FROM pragma_table_info WHERE arg"
    return [name for name, _ in _rows(server, f"{asked} = {{mark}}", (table,))]


def changed(server: SiteProcess, *statements: str) -> None:
    """Run these in one transaction, past the product."""
    if server.database_url:
        import psycopg

        with psycopg.connect(server.database_url) as connection:
            for statement in statements:
                connection.execute(statement.encode())
        return
    with contextlib.closing(sqlite3.connect(server.database, timeout=60)) as file:
        for statement in statements:
            file.execute(statement)
        file.commit()


def stored_times(server: SiteProcess) -> list[float]:
    """The time of the oldest sample, in seconds since 1970; empty without samples."""
    oldest = "SELECT min(at), 0 FROM tracker_usagesample"
    ((at, _),) = _rows(server, oldest, ())
    if at is None:
        return []
    when = at if isinstance(at, datetime) else datetime.fromisoformat(str(at))
    return [when.replace(tzinfo=when.tzinfo or UTC).timestamp()]


def stored_weeks(server: SiteProcess) -> list[date] | None:
    """The Mondays that have a partition; None on SQLite, which has none."""
    if not server.database_url:
        return None
    rows = _rows(
        server,
        "SELECT c.relname, 0 FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
        "WHERE i.inhparent = 'tracker_usagesample'::regclass",
        (),
    )
    found = (name.removeprefix("tracker_usagesample_w") for name, _ in rows)
    return [datetime.strptime(day, "%Y%m%d").date() for day in found if day.isdigit()]
