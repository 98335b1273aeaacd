"""A database of commit a52e16c, with its data, is whole after `manage.py migrate`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from tests.migrations.conftest import NewDatabase
from tests.migrations.stored import Stored, columns_of, stored_in

SAMPLES = "tracker_usagesample"
# What migrations since a52e16c change on purpose: what was learnt of hidden prompts is
# learnt anew, and a session judged by it is judged by its own count.
FORGOTTEN = ("tracker_learntcalibration",)
CHANGED = {
    ("tracker_policy", "default"): {"counting": "by_script"},
    ("tracker_llmsession", "chat"): {
        "used_tokens": 120_000, "unattributed_tokens": 0, "level": "ok",
        "used_ratio": 120_000 / 196_000,
    },
    ("tracker_usagesample", "11021200-120000"): {
        "used_tokens": 120_000, "unattributed_tokens": 0, "level": "ok",
    },
    ("tracker_hourlyrollup", 380_000): {"used_tokens": 340_000},
    ("tracker_project", "team"): {"ok_count": 6, "warning_count": 0},
}  # fmt: skip
NAMES = {
    "tracker_policy": "name",
    "tracker_llmsession": "key",
    "tracker_project": "slug",
    "tracker_usagesample": "event_id",
    "tracker_hourlyrollup": "used_tokens",
}


@dataclass(frozen=True, slots=True)
class Upgrade:
    """Rows before and after migrating, and what a server then answers."""

    before: Stored
    after: Stored
    told: dict[str, Any]

    @property
    def is_partitioned(self) -> bool:
        return "partition" in self.before[SAMPLES][0]


@pytest.fixture(scope="module")
def upgrade(new_database: NewDatabase) -> Upgrade:
    database = new_database()
    database.fill()
    columns = columns_of(database)
    before = stored_in(database, columns)
    database.migrate()
    after = stored_in(database, columns)
    done = database.run("-m", "tests.migrations.upgraded_server")
    assert done.returncode == 0, done.stderr[-3000:]
    return Upgrade(before, after, json.loads(done.stdout))


@pytest.fixture
def found(upgrade: Upgrade) -> dict[str, Any]:
    return upgrade.told


def test_every_table_of_the_dump_has_rows(upgrade: Upgrade) -> None:
    assert len(upgrade.before) == 20  # 19 of the product, and the users
    assert [table for table, rows in upgrade.before.items() if not rows] == []


def test_no_row_is_lost_or_changed(upgrade: Upgrade) -> None:
    """On PostgreSQL a sample also says the partition it lies in."""
    for table, rows in upgrade.before.items():
        kept = [] if table in FORGOTTEN else [as_it_should_be(table, r) for r in rows]
        assert upgrade.after[table] == sorted(kept, key=repr), table


def as_it_should_be(table: str, row: dict[str, Any]) -> dict[str, Any]:
    return row | CHANGED.get((table, row.get(NAMES.get(table, ""))), {})


def test_what_is_kept_beside_the_facts_equals_a_recount(found: Any) -> None:
    assert found["differences"] == []


def test_the_api_answers_as_before(found: Any) -> None:
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
    assert found["packed"] > 10
    assert found["repeat"][0] == 200 and found["repeat"][1]["duplicate"] is True
    status, fresh = found["fresh"]
    assert status == 201
    assert fresh["budget"]["level"] == "exceeded"
    assert [event["to_level"] for event in fresh["events"]] == ["exceeded"]
    assert found["differences_after"] == []


def test_every_page_shows_it(found: Any) -> None:
    assert {status for status, _ in found["pages"].values()} == {200}
    lists = ("/", "/sessions/", "/events/", "/compressions/?review=all")
    for path in (*lists, "/sessions/1/"):
        assert found["pages"][path][1], f"{path} does not name the old session"


def test_ids_go_on_where_they_were(upgrade: Upgrade) -> None:
    for table, ids in (
        (SAMPLES, upgrade.told["ids"]["UsageSample"]),
        ("tracker_thresholdevent", upgrade.told["ids"]["ThresholdEvent"]),
    ):
        assert ids[-1] > max(row["id"] for row in upgrade.before[table])


def test_weeks_of_samples_are_made_ahead(upgrade: Upgrade) -> None:
    """Beside those of the dump, whose days pass."""
    assert len(upgrade.told["weeks"]) >= (5 if upgrade.is_partitioned else 0)
    assert bool(upgrade.told["weeks"]) is upgrade.is_partitioned
