"""Empty databases, on SQLite and on one PostgreSQL for all tests of this folder."""

from __future__ import annotations

import contextlib
import itertools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.services import Postgres
from tests.migrations.databases import Database

NewDatabase = Callable[[], Database]


@pytest.fixture(
    scope="package",
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)],
)
def new_database(request: pytest.FixtureRequest) -> Iterator[NewDatabase]:
    with tempfile.TemporaryDirectory(
        prefix="tb-migrations-", ignore_cleanup_errors=True
    ) as name, contextlib.ExitStack() as stack:  # fmt: skip
        folder, url, numbers = Path(name), "", itertools.count()
        if request.param == "postgresql":
            postgres = Postgres(folder)
            stack.callback(postgres.end)
            url = postgres.url

        def make() -> Database:
            own = f"own{next(numbers)}"
            (folder / own).mkdir()
            if not url:
                return Database(folder / own)
            with Database(folder, url).connection() as connection:
                connection.execute(f"CREATE DATABASE {own}")
            return Database(folder / own, url.replace("/postgres?", f"/{own}?"))

        yield make
