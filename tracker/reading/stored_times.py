"""Times as the database holds them, for raw cursors over many rows.

SQLite's text is not parsed there: it compares as the times it spells do.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db import connection


def raw_time(column: str) -> str:
    """The column in a SELECT, such that the driver does not parse it."""
    return f"{column} || ''" if connection.vendor == "sqlite" else column


def as_stored(at: datetime) -> Any:
    """To be compared with what `raw_time` brings."""
    if connection.vendor != "sqlite":
        return at
    return connection.ops.adapt_datetimefield_value(at)


def from_stored(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    return datetime.fromisoformat(value).replace(tzinfo=UTC)
