"""The backend's class, under the name that Django looks for."""

from __future__ import annotations

from typing import Any

from django.db.backends.sqlite3 import base

from budget_site.database_file import refuse_another


class DatabaseWrapper(base.DatabaseWrapper):
    """Opens no other file than the server's first connection did.

    Without that a thread opens the file that was put in place, beside the log of the
    one before: SQLite takes that log for its own, and the new file is damaged.
    """

    def get_new_connection(self, conn_params: Any) -> Any:
        refuse_another()
        return super().get_new_connection(conn_params)
