"""Every row of the product's tables, so that before and after can be compared."""

from __future__ import annotations

from typing import Any

from tests.migrations.databases import Database

Columns = dict[str, list[str]]
Stored = dict[str, list[dict[str, Any]]]

SQLITE = """
    SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
    WHERE m.type = 'table' AND (m.name LIKE 'tracker%' OR m.name = 'auth_user')"""
# A partitioned table is read whole.
POSTGRESQL = """
    SELECT c.relname, a.attname FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND (c.relname LIKE 'tracker%' OR c.relname = 'auth_user')
      AND (a.attnum > 0 AND NOT a.attisdropped
           OR a.attname = 'tableoid' AND c.relkind = 'p')"""


def columns_of(database: Database) -> Columns:
    """By table. Of one with partitions also `tableoid`: which of them holds a row."""
    found: Columns = {}
    query = SQLITE if database.vendor == "sqlite" else POSTGRESQL
    for table, column in database.rows(query):
        found.setdefault(table, []).append(column)
    return found


def stored_in(database: Database, columns: Columns) -> Stored:
    """The rows by table, in no order of their own: sorted by what they hold."""
    found: Stored = {}
    for table, names in columns.items():
        named = {name: f'"{name}"' for name in names if name != "tableoid"}
        if "tableoid" in names:
            named["partition"] = "tableoid::regclass::text"
        rows = database.rows(f"SELECT {', '.join(named.values())} FROM {table}")
        found[table] = sorted(
            (dict(zip(named, row, strict=True)) for row in rows), key=repr
        )
    return found
