"""A new database has the very tables of an upgraded one."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.migrations.conftest import NewDatabase
from tests.migrations.databases import Database
from tests.migrations.schema import schema_of
from tracker.migrations._before_release import STEPS

SAMPLES, KEYS = "tracker_usagesample", "tracker_eventkey"


@dataclass(frozen=True, slots=True)
class Pair:
    new: Database
    upgraded: Database


@pytest.fixture(scope="module")
def pair(new_database: NewDatabase) -> Pair:
    """Both migrated to the newest tables, one from nothing and one from a52e16c, with
    a rest on the way: as a commit between that one and the first release left it.
    """
    found = Pair(new_database(), new_database())
    found.upgraded.fill()
    done = found.upgraded.run("manage.py", "migrate", "tracker", STEPS[9])
    assert done.returncode == 0, done.stderr[-3000:]
    assert newest_step(found.upgraded) == STEPS[9]
    found.new.migrate()
    found.upgraded.migrate()
    return found


def newest_step(database: Database) -> str:
    names = ", ".join(f"'{name}'" for name in STEPS)
    query = f"SELECT max(name) FROM django_migrations WHERE name IN ({names})"
    return str(database.rows(query)[0][0])


def test_new_and_upgraded_are_the_same(pair: Pair) -> None:
    new, upgraded = schema_of(pair.new), schema_of(pair.upgraded)

    assert len(new) > 200
    assert sorted(new - upgraded) == []
    assert sorted(upgraded - new) == []


def test_both_count_as_migrated(pair: Pair) -> None:
    for database in (pair.new, pair.upgraded):
        done = database.run("manage.py", "migrate", "--check")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_new_database_has_the_default_policy_of_an_upgraded_one(pair: Pair) -> None:
    query = """
        SELECT gateway_message_limit, gateway_wait_seconds, gateway_cold_share,
          gateway_control_share, gateway_session_tokens, gateway_session_dollars,
          gateway_month_dollars, window_tokens, reserved_tokens, warning_percent,
          compress_percent, critical_percent, target_percent, margin_percent,
          min_reclaim_percent, min_reclaim_tokens, message_limit, keep_first, keep_last,
          cooldown_seconds, mode, summariser, counting, name
        FROM tracker_policy WHERE project_id IS NULL AND session_id IS NULL
          AND model_pattern = ''"""

    (row,) = pair.new.rows(query)
    assert None not in row
    assert pair.upgraded.rows(query) == [row]


def test_a_new_database_has_the_providers_of_an_upgraded_one(pair: Pair) -> None:
    query = "SELECT name, base_url, dialect FROM tracker_upstream ORDER BY id"

    assert len(pair.new.rows(query)) == 4
    assert pair.upgraded.rows(query) == pair.new.rows(query)


def test_special_tables_are_kept_as_each_database_does_best(pair: Pair) -> None:
    """Fails where a later migration lets Django copy one of them."""
    lines = schema_of(pair.new)

    if pair.new.vendor == "sqlite":
        assert f"{KEYS}: CREATE TABLE {KEYS} () WITHOUT ROWID" in lines
        holders = (SAMPLES, KEYS)
        assert [t for t in holders if _references_a_session(t, lines)] == [*holders]
        # In another order SQLite before 3.42 takes sound rows for damaged.
        columns = pair.new.rows(f"SELECT name FROM pragma_table_info('{KEYS}')")
        assert columns[:2] == [("session_id",), ("digest",)]
    else:
        assert f"{SAMPLES} | RANGE (at) | False" in lines
        parts = {line.split(" | ")[0] for line in lines if f"{SAMPLES}_" in line}
        assert parts >= {f"{SAMPLES}_{part}" for part in ("before", "week", "default")}
        foreign = [line for line in lines if "FOREIGN KEY" in line]
        assert foreign and not [x for x in foreign if x.startswith((SAMPLES, KEYS))]


def _references_a_session(table: str, lines: set[str]) -> bool:
    (line,) = (x for x in lines if x.startswith(f"{table}: session_id bigint"))
    return "REFERENCES tracker_llmsession" in line
