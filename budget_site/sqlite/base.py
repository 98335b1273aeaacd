"""The backend's class, under the name that Django looks for."""

from __future__ import annotations

from typing import Any

from django.db.backends.sqlite3 import base

from budget_site.database_file import refuse_another


class DatabaseWrapper(base.DatabaseWrapper):
    """Opens only the file that the server's first connection opened.

    If the file was replaced under the running server, a new thread would open the new
    file with the old file's log beside it. SQLite would apply that log, and damage the
    new file.
    """

    def get_new_connection(self, conn_params: Any) -> Any:
        refuse_another()
        return super().get_new_connection(conn_params)
