"""The short forms of the soak; `make soak` runs the long ones."""

from __future__ import annotations

import random
from pathlib import Path

from tests.site_process import SiteProcess
from tests.soak.forked_site import ForkedSite
from tests.soak.fuzz import fuzz
from tests.soak.hostile import hostile_and_honest
from tests.soak.kills import kill_again_and_again
from tests.soak.mutations import WAYS_IN, mutated
from tests.soak.totals import Totals


async def test_bad_bodies_at_every_way_in_are_no_servers_error(tmp_path: Path) -> None:
    server = SiteProcess(tmp_path)
    server.start()
    try:
        said = await fuzz(server, requests=900, seed=8)
    finally:
        server.end()

    assert "900 requests" in said and "200:" in said and "422:" in said


async def test_kill_9_loses_and_doubles_nothing(tmp_path: Path) -> None:
    servers = [ForkedSite(tmp_path / name) for name in ("a", "b")]
    try:
        said = await kill_again_and_again(servers, kills=4, seed=8)
    finally:
        for server in servers:
            server.close()

    assert "4 kills" in said


def test_hostile_callers_cost_an_honest_one_no_report(tmp_path: Path) -> None:
    server = SiteProcess(tmp_path)
    try:
        found = hostile_and_honest(server, seconds=3)
    finally:
        server.end()

    assert found["honest reports"] > 300


def test_parts_on_different_days_add_up(tmp_path: Path) -> None:
    for kills in (30, 20):
        totals = Totals(tmp_path / "totals.jsonl")
        totals.note("kill -9", "sqlite", kills=kills, **{"worst ms": kills})
    totals.note("kill -9", "postgresql", kills=1)

    first, second = Totals(tmp_path / "totals.jsonl").said()

    assert first.startswith("kill -9 on postgresql: 1 kills in 1 parts")
    assert second.startswith("kill -9 on sqlite: 50 kills, 30 worst ms in 2 parts")


def test_a_seed_makes_the_same_body_again() -> None:
    for _, good in WAYS_IN:
        assert mutated(good, random.Random("7")) == mutated(good, random.Random("7"))
