"""An outage of PostgreSQL is remembered for a second, until it answers again."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, OperationalError

from tracker.ingest.rows import store_trouble
from tracker.ingest.rows.store_trouble import (
    answers_within,
    database_answered,
    raise_if_away,
)


@pytest.fixture(autouse=True)
def postgresql(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As with PostgreSQL; nothing here is asked of a database."""
    stand_in = SimpleNamespace(vendor="postgresql", close=lambda: None)
    monkeypatch.setattr(store_trouble, "connection", stand_in)
    monkeypatch.setattr(store_trouble, "AWAY_SECONDS", 600.0)
    database_answered()
    yield
    database_answered()


def fail(error: Exception) -> None:
    with pytest.raises(type(error)), answers_within(1):
        raise error


def test_who_comes_after_a_failure_is_told_at_once() -> None:
    fail(OperationalError("connection refused"))

    with pytest.raises(OperationalError, match="connection refused"), answers_within(1):
        pytest.fail("it was asked again")


def test_a_read_that_works_ends_it() -> None:
    fail(OperationalError("connection refused"))
    database_answered()

    with answers_within(1):
        pass
    raise_if_away()


def test_one_that_waited_since_before_it_came_back_refuses_nobody() -> None:
    with pytest.raises(OperationalError), answers_within(1):
        database_answered()  # meanwhile, for another thread
        raise OperationalError("couldn't get a connection after 3.00 sec")

    raise_if_away()


def test_an_error_of_one_statement_is_no_outage() -> None:
    fail(IntegrityError("UNIQUE constraint failed"))

    raise_if_away()
