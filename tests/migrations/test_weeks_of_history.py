"""Samples of all times are moved into their weeks, and back, without a loss."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.faults.services import Postgres
from tests.migrations.weeks_of_history import DAYS_AGO

ROOT = Path(__file__).resolve().parents[2]
TABLE = "tracker_usagesample"
pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def found() -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory(
        prefix="tb-weeks-", ignore_cleanup_errors=True
    ) as name, contextlib.ExitStack() as stack:  # fmt: skip
        postgres = Postgres(Path(name))
        stack.callback(postgres.end)
        done = subprocess.run(
            [sys.executable, "-m", "tests.migrations.weeks_of_history"],
            cwd=ROOT,
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "budget_site.settings",
                "DATABASE_URL": postgres.url,
                "REDIS_URL": "",
                "TOKEN_BUDGET_DATA": f"{name}/data",
                "TOKEN_BUDGET_STATIC_FROM_SOURCE": "1",
            },
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        yield json.loads(done.stdout)


def plain(rows: list[list[Any]]) -> list[list[Any]]:
    return [row[1:] for row in rows]


def test_every_row_lies_in_the_partition_of_its_week(found: Any) -> None:
    old, far, *others = found["weeks"]["rows"]

    assert old[0] == f"{TABLE}_before"
    assert far[0] == f"{TABLE}_default"
    now = datetime.fromisoformat(found["now"])
    for row, days in zip(others, DAYS_AGO, strict=True):
        day = now - timedelta(days=days)
        week = f"{TABLE}_w{day - timedelta(days=day.weekday()):%Y%m%d}"
        assert row[0] == (week if days < 700 else f"{TABLE}_before")


@pytest.mark.parametrize("after", ["weeks", "joined", "again"])
def test_no_row_is_lost_or_changed(found: Any, after: str) -> None:
    assert plain(found[after]["rows"]) == plain(found["plain"]["rows"])


@pytest.mark.parametrize("after", ["weeks", "joined", "again"])
def test_ids_go_on_where_they_were(found: Any, after: str) -> None:
    assert found[after]["made"] > max(row[1] for row in found[after]["rows"])


def test_one_index_serves_the_weeks(found: Any) -> None:
    (index,) = found["weeks"]["indices"]
    assert index.startswith(f"CREATE UNIQUE INDEX {TABLE}_pkey ON ONLY")
    assert index.endswith("(session_id, at, id, project_id)")


def test_going_back_leaves_what_was_there(found: Any) -> None:
    assert found["joined"]["indices"] == found["plain"]["indices"]
