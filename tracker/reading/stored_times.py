"""Times as the database stores them, for raw SQL over many rows.

SQLite stores text that sorts like the times it stands for. It need not be parsed, which
would take most of the time of such a query.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db import connection


def raw_time(column: str) -> str:
    """The column in a SELECT, written so that SQLite's driver does not parse it."""
    return f"{column} || ''" if connection.vendor == "sqlite" else column


def as_stored(at: datetime) -> Any:
    """`at` in the form that `raw_time` reads, for comparisons."""
    if connection.vendor != "sqlite":
        return at
    return connection.ops.adapt_datetimefield_value(at)


def from_stored(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    return datetime.fromisoformat(value).replace(tzinfo=UTC)
