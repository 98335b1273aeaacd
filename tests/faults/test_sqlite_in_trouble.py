"""SQLite locked, read-only or full: a clear 503, pages that go on reading, and
recovery without a restart.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import pytest


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    from tracker.ingest.door import writer

    monkeypatch.setattr(writer, "STORE_SECONDS", 0.2)
    monkeypatch.setattr(writer, "RETRY_SECONDS", 0.1)


@pytest.fixture
def every_connection(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], None]]:
    """`every_connection("PRAGMA …")`: also runs on those the writer opens from now."""
    from django.db.backends.sqlite3.base import DatabaseWrapper

    from tracker.ingest.door.process import stop_writer

    usual = DatabaseWrapper.get_new_connection
    extra: list[str] = [""]

    def connect(self: Any, parameters: Any) -> Any:
        made = usual(self, parameters)
        if extra[0]:
            made.execute(extra[0])
        return made

    monkeypatch.setattr(DatabaseWrapper, "get_new_connection", connect)

    def begin(pragma: str) -> None:
        extra[0] = pragma
        if pragma:
            stop_writer()  # its connection is older

    yield begin
    extra[0] = ""
    stop_writer()


def report(number: int) -> dict[str, Any]:
    used = 163_000 if number % 2 else 5
    return {"session": "s", "event_id": f"e{number}", "tokens": {"history": used}}


def is_whole(count: int) -> bool:
    from tracker.models import LLMSession, UsageSample
    from tracker.upkeep.verifying import is_consistent

    assert UsageSample.objects.count() == count
    assert LLMSession.objects.get().sample_count == count
    return is_consistent()


async def refused(api: Any, number: int, *, words: str) -> None:
    answer = await api.post("/usage", report(number))

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1
    error = answer.json()["error"]
    assert error["code"] == "store_unavailable"
    assert words in error["message"]
    assert "nothing of this was stored" in error["message"]


@pytest.fixture
def database(store: None) -> str:
    from django.db import connection

    return str(connection.settings_dict["NAME"])


async def test_a_locked_database_is_503_and_reading_goes_on(
    api: Any, in_db: Any, database: str, short_waits: None
) -> None:
    assert (await api.post("/usage", report(1))).status_code == 201
    from tracker.ingest.door.process import stop_writer

    stop_writer()  # the next one waits for as short as this test says
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        await refused(api, 2, words="has locked the database")
        read = await api.get("/sessions/s")
    finally:
        other.execute("ROLLBACK")
        other.close()
    again = [await api.post("/usage", report(n)) for n in (2, 2, 3)]

    assert read.json()["sample_count"] == 1
    assert [a.status_code for a in again] == [201, 200, 201]
    assert await in_db(lambda: is_whole(3))


async def test_a_read_only_database_is_503_and_reading_goes_on(
    api: Any, in_db: Any, every_connection: Any, short_waits: None
) -> None:
    assert (await api.post("/usage", report(1))).status_code == 201
    every_connection("PRAGMA query_only = ON")
    await refused(api, 2, words="database is read-only")
    read = await api.get("/sessions/s")
    every_connection("")
    again = await api.post("/usage", report(2))

    assert read.json()["sample_count"] == 1
    assert again.status_code == 201
    assert await in_db(lambda: is_whole(2))


async def test_a_full_database_is_503_and_goes_on_once_there_is_room(
    api: Any, in_db: Any, every_connection: Any, short_waits: None
) -> None:
    stored = 0
    every_connection("PRAGMA max_page_count = 1")  # no more than there is now
    while stored < 3_000:
        batch = [report(stored + n) for n in range(100)]
        answer = await api.post("/usage", batch)
        if answer.status_code == 503:
            break
        stored += 100
    assert answer.status_code == 503
    assert "the database disk is full" in answer.json()["error"]["message"]
    every_connection("")
    again = await api.post("/usage", batch)

    assert again.json()["accepted"] == 100
    assert (await api.post("/usage", batch)).json()["duplicates"] == 100
    assert await in_db(lambda: is_whole(stored + 100))


async def test_who_waits_while_the_store_is_away_is_answered_with_the_rest(
    api: Any, in_db: Any, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not one wait after the other: a client would give up, and the queue fill."""
    import asyncio
    import time

    from tracker.ingest.door import portions, writer

    monkeypatch.setattr(writer, "STORE_SECONDS", 2.0)
    monkeypatch.setattr(writer, "RETRY_SECONDS", 0.1)
    monkeypatch.setattr(portions, "GROUP_REPORTS", 1)
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    started = time.monotonic()
    try:
        answers = await asyncio.gather(
            *(api.post("/usage", report(n)) for n in range(20))
        )
    finally:
        other.execute("ROLLBACK")
        other.close()

    assert {a.status_code for a in answers} == {503}
    # One after the other they would have waited 20 times as long.
    assert time.monotonic() - started < 20 * writer.STORE_SECONDS - 1
    assert (await api.post("/usage", report(1))).status_code == 201


def test_a_page_without_its_database_says_so_and_tries_again(
    project: Any, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.contrib.auth import get_user_model
    from django.db import OperationalError

    from tracker.models.projects import ProjectQuerySet

    client.force_login(get_user_model().objects.create_superuser("boss"))
    good = client.get("/sessions/")

    def away(*_: Any) -> Any:
        raise OperationalError("database is locked")

    with monkeypatch.context() as patch:
        patch.setattr(ProjectQuerySet, "visible_to", away)
        client.raise_request_exception = False
        answer = client.get("/sessions/")
        posted = client.post("/sessions/1/delete/")
    text = answer.content.decode()

    assert good.status_code == client.get("/sessions/").status_code == 200
    assert answer.status_code == posted.status_code == 503
    assert answer["Retry-After"] == "5"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "Another program has locked the database" in text
    assert '<meta http-equiv="refresh" content="5">' in text
    assert "refresh" not in posted.content.decode()
    assert "Traceback" not in text
