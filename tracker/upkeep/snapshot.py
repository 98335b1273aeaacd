"""Reads the database as of one moment, without locks."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from django.db import connection, transaction


@contextlib.contextmanager
def snapshot() -> Iterator[None]:
    """Reads inside do not see later commits. Nothing is locked, so write nothing in
    here. Call outside a transaction.
    """
    if connection.vendor != "sqlite":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            yield
        return
    # Asked for the first time below, it would begin a transaction within this one, fail
    # and be taken for False as long as the process lives.
    _ = connection.features.supports_json_field
    # Django's own transactions take SQLite's lock for writing at once.
    with connection.cursor() as cursor:
        cursor.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")
