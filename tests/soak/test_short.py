"""The short forms of the soak; `make soak` runs the long ones."""

from __future__ import annotations

import random
from pathlib import Path

from tests.site_process import SiteProcess
from tests.soak.fuzz import fuzz
from tests.soak.kills import kill_again_and_again
from tests.soak.mutations import WAYS_IN, mutated


async def test_bad_bodies_at_every_way_in_are_no_servers_error(tmp_path: Path) -> None:
    server = SiteProcess(tmp_path)
    server.start()
    try:
        said = await fuzz(server, requests=900, seed=8)
    finally:
        server.end()

    assert "900 requests" in said and "200:" in said and "422:" in said


async def test_kill_9_loses_and_doubles_nothing(tmp_path: Path) -> None:
    server = SiteProcess(tmp_path)
    try:
        said = await kill_again_and_again(server, kills=1, seed=8)
    finally:
        server.end()

    assert "1 kills" in said


def test_a_seed_makes_the_same_body_again() -> None:
    for _, good in WAYS_IN:
        assert mutated(good, random.Random("7")) == mutated(good, random.Random("7"))
