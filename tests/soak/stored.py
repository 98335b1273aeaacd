"""What the tables have, read with SQL past the product."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Sequence

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
) -> list[tuple[str, int]]:
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
) -> list[tuple[str, int]]:
    if server.database_url:
        import psycopg

        with psycopg.connect(server.database_url) as connection:
            return connection.execute(
                statement.format(mark="%s").encode(), values
            ).fetchall()
    path = f"file:{server.database}?mode=ro"
    with contextlib.closing(sqlite3.connect(path, uri=True, timeout=60)) as file:
        return file.execute(statement.format(mark="?"), values).fetchall()
