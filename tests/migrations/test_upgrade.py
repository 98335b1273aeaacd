"""Data of the first released schema is whole after every migration since."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.services import Postgres

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(
    scope="module",
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)],
)
def found(request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    """What a server over the migrated data answers."""
    with tempfile.TemporaryDirectory(
        prefix="tb-migrations-", ignore_cleanup_errors=True
    ) as name, contextlib.ExitStack() as stack:  # fmt: skip
        folder, url = Path(name), ""
        if request.param == "postgresql":
            postgres = Postgres(folder)
            stack.callback(postgres.end)
            url = postgres.url
        yield answers(folder, url)


def answers(folder: Path, database_url: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.migrations.upgraded_server"],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "budget_site.settings",
            "DATABASE_URL": database_url,
            "REDIS_URL": "",
            "TOKEN_BUDGET_DATA": str(folder / "data"),
            "TOKEN_BUDGET_STATIC_FROM_SOURCE": "1",
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    answered: dict[str, Any] = json.loads(done.stdout)
    return answered


def test_what_is_kept_beside_the_facts_equals_a_recount(found: Any) -> None:
    assert found["differences"] == []


def test_the_api_answers_as_the_first_release_did(found: Any) -> None:
    status, session = found["session"]
    assert status == 200
    assert (session["title"], session["metadata"]) == ("Old chat", {"team": "search"})
    assert session["lanes"] == ["main", "helper"]
    assert session["budget"]["used_tokens"] == 60_000
    counts = ("sample_count", "event_count", "compression_count", "saved_tokens")
    assert [session[name] for name in counts] == [3, 3, 1, 110_000]
    used = [sample["used_tokens"] for sample in found["usage"][1]["results"]]
    assert used == [1_000, 160_000, 170_000]
    steps = [event["to_level"] for event in found["events"][1]["results"]]
    assert steps == ["warning", "compress", "ok"]
    (compression,) = found["compressions"][1]["results"]
    assert compression["summary"] == "They looked for /etc/hosts"
    assert compression["review"] == "pending"


def test_an_old_event_id_is_known_and_a_new_report_is_taken(found: Any) -> None:
    assert found["repeat"][0] == 200 and found["repeat"][1]["duplicate"] is True
    status, fresh = found["fresh"]
    assert status == 201
    assert fresh["budget"]["level"] == "exceeded"
    assert [event["to_level"] for event in fresh["events"]] == ["exceeded"]
    assert found["differences_after"] == []


def test_every_page_shows_it(found: Any) -> None:
    assert {status for status, _ in found["pages"].values()} == {200}
    for path in ("/", "/sessions/", "/sessions/1/", "/events/", "/compressions/"):
        assert found["pages"][path][1], f"{path} does not name the old session"
