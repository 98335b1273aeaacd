"""A database of a test's own, on SQLite or PostgreSQL: empty, or as a52e16c left it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.loaded import python as loaded

DUMPS = Path(__file__).parent / "a52e16c"


@dataclass(frozen=True, slots=True)
class Database:
    """`url` is "" for SQLite, whose file lies in `folder`."""

    folder: Path
    url: str = ""

    @property
    def vendor(self) -> str:
        return "postgresql" if self.url else "sqlite"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "budget_site.settings",
            "DATABASE_URL": self.url,
            "REDIS_URL": "",
            "TOKEN_BUDGET_DATA": str(self.folder),
            "TOKEN_BUDGET_STATIC_FROM_SOURCE": "1",
        }

    @contextlib.contextmanager
    def connection(self) -> Iterator[Any]:
        """A cursor's `execute` is all that both have in common."""
        with contextlib.ExitStack() as stack:
            if self.url:
                import psycopg

                yield stack.enter_context(psycopg.connect(self.url, autocommit=True))
            else:
                database = sqlite3.connect(
                    self.folder / "db.sqlite3", isolation_level=None
                )
                yield stack.enter_context(contextlib.closing(database))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.connection() as connection:
            return list(connection.execute(query).fetchall())

    def fill(self) -> None:
        """Make the tables and rows of commit a52e16c. The database must be empty."""
        text = (DUMPS / f"{self.vendor}.sql").read_text("utf-8")
        with self.connection() as connection:
            # psycopg runs many statements at once, sqlite3 by a method of its own.
            getattr(connection, "executescript", connection.execute)(text)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A Python process of the product over this database."""
        return loaded.run(arguments, environment=self.environment)

    def migrate(self) -> None:
        done = self.run("manage.py", "migrate", "--verbosity", "0")
        assert done.returncode == 0, done.stderr[-3000:]
