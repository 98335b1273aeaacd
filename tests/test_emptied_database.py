"""The copy that empties the database between tests does what `flush` did."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.db import connection

from tests import emptied_database
from tests.emptied_database import EmptiedDatabase
from tracker.models import Project


@pytest.mark.django_db(transaction=True)
def test_rows_go_and_ids_are_not_used_again():
    database, permissions = EmptiedDatabase(), Permission.objects.count()
    first = Project.objects.create(slug="first", name="First")

    database.put_back()

    assert not Project.objects.exists()
    assert Permission.objects.count() == permissions > 0
    assert Project.objects.create(slug="next", name="Next").pk > first.pk


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_holds_the_database_is_told(monkeypatch):
    database = EmptiedDatabase()
    monkeypatch.setattr(emptied_database, "LONGEST_WAIT_S", 0)
    other = connection.copy()
    waits = connection.cursor().execute("PRAGMA busy_timeout").fetchone()[0]
    try:
        connection.cursor().execute("PRAGMA busy_timeout = 0")
        other.cursor().execute("BEGIN IMMEDIATE")
        with pytest.raises(TimeoutError, match="still holds its database"):
            database.put_back()
    finally:
        other.close()
        connection.cursor().execute(f"PRAGMA busy_timeout = {waits}")
