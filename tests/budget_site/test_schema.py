"""A server over a database that lacks a migration says so, and does not start."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import DatabaseError, connection

from budget_site import schema


@pytest.mark.django_db(transaction=True)
async def test_a_missing_migration_is_named_and_nothing_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from budget_site.asgi import application

    monkeypatch.setattr(schema, "known", lambda: ["0001_first_release", "9999_later"])
    sent: list[Any] = []

    async def receive() -> dict[str, str]:
        return {"type": "lifespan.startup"}

    async def send(message: Any) -> None:
        sent.append(message)

    await application({"type": "lifespan"}, receive, send)

    (message,) = sent
    assert message["type"] == "lifespan.startup.failed"
    assert (
        "lacks migrations of this version, the first is 9999_later"
        in (message["message"])
    )


@pytest.mark.django_db(transaction=True)
def test_a_migrated_database_is_served_and_one_that_is_away_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert schema.why_not_served() is None

    def is_away() -> None:
        raise DatabaseError("away")

    monkeypatch.setattr(connection.introspection, "table_names", is_away)
    assert schema.why_not_served() is None


@pytest.mark.django_db
def test_a_database_is_migrated_when_no_app_lacks_a_migration() -> None:
    assert schema.is_migrated()

    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM django_migrations WHERE app = 'auth' AND name = '0001_initial'"
        )
    assert not schema.is_migrated()


@pytest.mark.django_db
@pytest.mark.parametrize("why", ["empty", "away", "no files"])
def test_in_doubt_it_is_not_migrated(monkeypatch: pytest.MonkeyPatch, why: str) -> None:
    def is_away() -> list[str]:
        raise DatabaseError("away")

    tables = {"empty": list, "away": is_away}
    if why in tables:
        monkeypatch.setattr(connection.introspection, "table_names", tables[why])
    else:
        monkeypatch.setattr(schema, "known", list)

    assert not schema.is_migrated()


@pytest.mark.django_db
def test_a_start_that_was_killed_before_the_permissions_is_not_migrated() -> None:
    """Groups could be given nothing, and no later start made them."""
    Permission.objects.filter(codename="view_project").delete()
    assert not schema.is_migrated()

    call_command("migrate", verbosity=0)
    assert schema.is_migrated()
