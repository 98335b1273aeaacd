"""The backend's class, under the name that Django looks for."""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Works behind PgBouncer in transaction mode, too.

    Outside a transaction Django's `iterator()` opens a cursor that outlives its
    statement. Behind PgBouncer the next rows would be asked of another connection,
    which does not have that cursor: each admin form with a choice of rows would fail.
    So a cursor stays on the server only within a transaction.
    """

    def chunked_cursor(self) -> Any:
        return self.cursor() if self.get_autocommit() else super().chunked_cursor()
