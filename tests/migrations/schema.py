"""A database's whole schema as a set of lines, so that two can be compared.

The order of a table's columns is left out: Django names them in every statement, and
SQLite puts a column at the end when it is altered. So are the dates of PostgreSQL's
weeks: they depend on the day of the first migration.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.migrations.databases import Database

COLUMNS = """
    SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
      a.attnotnull, a.attidentity::text, pg_get_expr(d.adbin, d.adrelid),
      a.attcollation::regcollation::text
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
      AND a.attnum > 0 AND NOT a.attisdropped"""
# NOT NULL is said by the columns: only PostgreSQL 18 stores it as a constraint, too.
CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND contype <> 'n'"""
INDICES = "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'"
PARTITIONS = """
    SELECT c.relname, pg_get_partkeydef(c.oid), c.relispartition
    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
      AND c.relkind IN ('r', 'p')"""
SEQUENCES = """
    SELECT sequencename, data_type::text, start_value, increment_by
    FROM pg_sequences WHERE schemaname = 'public'"""


def schema_of(database: Database) -> set[str]:
    if database.vendor == "sqlite":
        query = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"
        rows = database.rows(f"{query} AND name NOT LIKE 'sqlite_%'")
        return {line for name, sql in rows for line in _sqlite_lines(name, sql)}
    return {
        _line(row)
        for query in (COLUMNS, CONSTRAINTS, INDICES, PARTITIONS, SEQUENCES)
        for row in database.rows(query)
    }


def _line(row: tuple[Any, ...]) -> str:
    """Every week has the same name: a hundred weeks are the same lines as nine."""
    return re.sub(r"_w\d{8}", "_week", " | ".join(map(str, row)))


def _sqlite_lines(name: str, sql: str) -> Iterator[str]:
    """`CREATE TABLE t (a int, b int) WITHOUT ROWID` as "t: a int", "t: b int" and
    "t: CREATE TABLE t () WITHOUT ROWID"; an index as it is.
    """
    sql = re.sub(r"\s+", " ", sql.replace('"', ""))
    if not sql.startswith("CREATE TABLE"):
        yield sql
        return
    before, _, rest = sql.partition("(")
    inside, _, after = rest.rpartition(")")
    yield f"{name}: {before}(){after}"
    for definition in _definitions(inside):
        yield f"{name}: {definition}"


def _definitions(inside: str) -> Iterator[str]:
    """Parted at the commas that stand in no brackets."""
    depth, start = 0, 0
    for place, letter in enumerate(inside):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            yield inside[start:place].strip()
            start = place + 1
    yield inside[start:].strip()
