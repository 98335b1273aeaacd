"""/healthz and /readyz: no key, no data."""

from __future__ import annotations

from typing import Any

import pytest


async def test_a_process_that_answers_is_healthy(api: Any) -> None:
    response = await api.client.get("/healthz")

    assert response.status_code == 200
    assert response.json() == {"status": "ok"}


async def test_a_process_that_can_store_and_publish_is_ready(api: Any) -> None:
    response = await api.client.get("/readyz")

    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "checks": {
            "database": "ok",
            "channel_layer": "ok",
            "writer": "ok",
            "workers": "ok",
        },
    }


async def test_a_stopped_writer_is_not_ready(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.ingest.door.process import get_writer

    get_writer().stop()

    response = await api.client.get("/readyz")

    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"
    assert response.json()["checks"]["writer"] == "the writer has stopped"


async def test_workers_that_do_not_answer_are_not_ready(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.workers import watch

    monkeypatch.setattr(watch, "SILENT_SECONDS", -1.0)
    with watch.watch.call(RuntimeError):
        response = await api.client.get("/readyz")

    assert response.status_code == 503
    said = response.json()["checks"]["workers"]
    assert said == "the compression workers do not answer"


async def test_a_database_without_tables_is_not_ready(api: Any, in_db: Any) -> None:
    from django.db import connection

    def rename(old: str, new: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {old} RENAME TO {new}")

    table = "tracker_configversion"
    await in_db(lambda: rename(table, "away"))
    try:
        response = await api.client.get("/readyz")
    finally:
        await in_db(lambda: rename("away", table))

    assert response.status_code == 503
    assert response.json()["checks"]["database"] == "the database does not answer"


async def test_a_channel_layer_that_is_away_is_not_ready(
    api: Any, settings: Any
) -> None:
    settings.CHANNEL_LAYERS = {
        "default": {"BACKEND": "tests.api.operating.test_health.AwayLayer"}
    }

    response = await api.client.get("/readyz")

    assert response.status_code == 503
    checks = response.json()["checks"]
    assert checks["channel_layer"] == "the channel layer does not answer"


class AwayLayer:
    """A layer whose server cannot be reached."""

    async def group_send(self, group: str, message: Any) -> None:
        raise ConnectionRefusedError
