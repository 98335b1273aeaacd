"""The backend's class, under the name that Django looks for."""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Works behind PgBouncer in transaction mode, too.

    Outside a transaction Django lets `iterator()` read a cursor that outlives the
    statement. There the next portion would be asked of another connection, which knows
    no such cursor: each form of the admin with a choice of rows would fail. So a cursor
    is kept on the server within a transaction alone.
    """

    def chunked_cursor(self) -> Any:
        return self.cursor() if self.get_autocommit() else super().chunked_cursor()
