"""Every address of the API, by everybody."""

from __future__ import annotations

from typing import Any

import pytest

from tests.isolation.api_calls import AHEAD_OF_DJANGO, API
from tests.isolation.asking import ask, check_anew
from tests.isolation.rules import LOCAL_METRICS, Call
from tests.isolation.world import World


@pytest.mark.parametrize(
    "route", [*API, *AHEAD_OF_DJANGO], ids=lambda route: route.strip("/")
)
async def test_the_api(store: None, in_db: Any, route: str) -> None:
    wrong = await check_anew((API | AHEAD_OF_DJANGO)[route], in_db)

    assert not wrong, "\n".join(wrong)


async def test_metrics_from_elsewhere_need_a_key_and_show_its_project(
    world: World,
) -> None:
    call = Call("/metrics", LOCAL_METRICS)
    proxied = {"X-Forwarded-For": "203.0.113.9"}

    assert (await ask(world, "superuser", call, **proxied)).status_code == 401
    mine = (await ask(world, "key", call, **proxied)).text
    theirs = (await ask(world, "other_key", call, **proxied)).text

    assert 'token_budget_sessions{level="ok",project="search"} 1.0' in mine
    assert "legal" not in mine and "commit_seconds" not in mine
    assert "search" not in theirs
