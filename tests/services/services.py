"""PostgreSQL and Valkey from wheels, as a cluster on one machine has them."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from tests.loaded import python as loaded
from tracker.management.local_services import local_services

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = "migrated"


@dataclass(frozen=True, slots=True)
class Services:
    """Where they listen, and the environment that makes the product use them."""

    folder: Path
    database_url: str
    redis_url: str

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "TOKEN_BUDGET_DATA": str(self.folder / "data"),
            "TOKEN_BUDGET_STATIC_FROM_SOURCE": "1",
            "TOKEN_BUDGET_DB_CONNECTIONS": "6",
            "DJANGO_SETTINGS_MODULE": "budget_site.settings",
        }

    def run(self, *arguments: str) -> str:
        """A Python process of the cluster; what it printed. Raises when it fails."""
        done = loaded.run(arguments, environment=self.environment)
        if done.returncode:
            raise RuntimeError(done.stderr[-3000:])
        return done.stdout

    def with_database(self, name: str, *, is_migrated: bool = True) -> Services:
        """The same with a new database, which a test has for itself."""
        template = TEMPLATE if is_migrated else "template1"
        with psycopg.connect(self.at("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return replace(self, database_url=self.at(name))

    def at(self, name: str) -> str:
        """The URL of another database of this server."""
        path = urlsplit(self.database_url)
        return path._replace(path=f"/{name}").geturl()


@contextlib.contextmanager
def services() -> Iterator[Services]:
    """Both, over a new folder, migrated; gone when the block ends."""
    with tempfile.TemporaryDirectory(
        prefix="tb-services-", ignore_cleanup_errors=True
    ) as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "data").mkdir()
        with local_services(folder) as where:
            found = Services(folder, where.database_url, where.redis_url)
            # Nobody is connected to it later: then PostgreSQL copies it.
            template = found.with_database(TEMPLATE, is_migrated=False)
            template.run("manage.py", "migrate", "--verbosity", "0", "--skip-checks")
            yield found.with_database("shared")
