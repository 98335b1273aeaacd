"""DATABASE_URL becomes Django's settings, or an error that says what to write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from budget_site.databases import TIMEOUTS, database

FOLDER = Path("/data")


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Any:
    def read(url: str) -> dict[str, Any]:
        monkeypatch.setenv("DATABASE_URL", url)
        return database(FOLDER, connections=6)

    return read


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("", "/data/db.sqlite3"),
        ("sqlite://", "/data/db.sqlite3"),
        ("sqlite://:memory:", "/data/db.sqlite3"),
        ("sqlite:////var/lib/my%20budget.sqlite3", "/var/lib/my budget.sqlite3"),
        ("sqlite:///beside.sqlite3", "beside.sqlite3"),
    ],
)
def test_sqlite_is_a_file_with_durable_commits(url: str, file: str, read: Any) -> None:
    found = read(url)

    assert found["NAME"] == file
    assert "synchronous=FULL" in found["OPTIONS"]["init_command"]


def test_postgresql_has_its_pool_and_its_timeouts(read: Any) -> None:
    found = read("postgres://me:p%40ss@db.example:5433/budget")

    names = ("USER", "PASSWORD", "HOST", "PORT", "NAME")
    assert [found[name] for name in names] == [
        "me", "p@ss", "db.example", "5433", "budget",
    ]  # fmt: skip
    pool = found["OPTIONS"].pop("pool")
    assert (pool["max_size"], found["OPTIONS"]) == (6, TIMEOUTS)


def test_what_stands_after_the_question_mark_is_an_option(read: Any) -> None:
    found = read("postgres://me@db/budget?sslmode=require&connect_timeout=9")

    assert found["HOST"] == "db"
    assert found["OPTIONS"]["sslmode"] == "require"
    assert found["OPTIONS"]["connect_timeout"] == 9
    assert found["OPTIONS"]["keepalives_idle"] == TIMEOUTS["keepalives_idle"]


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("postgres:///budget?host=one,two&port=5432,5433", "one,two", "5432,5433"),
        ("postgres://one:5432,two:5433/budget", "one,two", "5432,5433"),
        ("postgres://me:p@one,two:6/budget?sslmode=require", "one,two", "5432,6"),
        ("postgres://me@[::1]:5432,two/budget", "::1,two", "5432,5432"),
        ("postgresql://me:@/budget?host=/var/run/budget", "/var/run/budget", ""),
        ("postgres://%2Fvar%2Frun%2Fbudget/budget", "/var/run/budget", ""),
    ],
)
def test_several_hosts_and_sockets_are_reached(
    url: str, host: str, port: str, read: Any
) -> None:
    found = read(url)

    assert (found["HOST"], found["PORT"]) == (host, port)
    assert not {"host", "port"} & set(found["OPTIONS"])


@pytest.mark.parametrize(
    "url",
    [
        "mysql://me:secret@db/budget",
        "db.example",
        "postgres://me:secret@db:port/budget",
        "postgres://me:secret@one:port,two:5432/budget",
    ],
)
def test_another_address_is_refused_with_what_to_write(url: str, read: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match="set it to postgres://") as refused:
        read(url)

    assert "secret" not in str(refused.value)
