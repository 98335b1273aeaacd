"""A database that took some of the fifteen steps is refused with a sentence."""

from __future__ import annotations

import pytest

from tests.migrations.conftest import NewDatabase
from tests.migrations.databases import Database
from tests.migrations.schema import schema_of
from tests.migrations.stored import columns_of, stored_in


@pytest.fixture(scope="module")
def half(new_database: NewDatabase) -> Database:
    """As `migrate` left it where it was ended after the ninth step."""
    database = new_database()
    database.fill()
    with database.connection() as connection:
        connection.execute(
            "DELETE FROM django_migrations WHERE app = 'tracker' AND name > '0010'"
        )
    return database


@pytest.mark.parametrize("option", [(), ("--check",)])
def test_it_is_told_what_to_do_and_left_alone(
    half: Database, option: tuple[str, ...]
) -> None:
    def present() -> object:
        return schema_of(half), stored_in(half, columns_of(half))

    before = present()
    done = half.run("manage.py", "migrate", *option)

    assert done.returncode == 1
    assert done.stderr.startswith(
        "CommandError: This database stops at "
        "tracker.0009_policy_counts_by_own_tokenizers,"
    )
    assert "check out commit a52e16c and run its manage.py migrate" in done.stderr
    assert done.stderr.count("\n") == 1  # no traceback
    assert present() == before
