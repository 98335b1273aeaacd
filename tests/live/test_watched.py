"""Whether a page is open anywhere: the processes tell each other by the cache."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.core.cache import cache

from tracker.live import broadcast, watched
from tracker.live.watched import KEY, Watched


@pytest.fixture(autouse=True)
def clean() -> Any:
    cache.delete(KEY)
    yield
    cache.delete(KEY)


async def test_nobody_watches_until_a_process_has_a_socket() -> None:
    open_there = False
    here, there = Watched(lambda: False), Watched(lambda: open_there)
    assert here.anywhere, "until it has asked"

    await there.ask()
    await here.ask()
    assert not here.anywhere and not there.anywhere

    open_there = True
    await there.ask()
    await here.ask()
    assert here.anywhere and there.anywhere


async def test_a_first_socket_is_told_of_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watched, "ASKED_EVERY", 3_600)
    is_open = False
    here = Watched(lambda: is_open)
    task = asyncio.create_task(here.keep_asking())
    while here.anywhere:
        await asyncio.sleep(0)

    is_open = True
    here.joined()
    while not here.anywhere:
        await asyncio.sleep(0)

    task.cancel()
    assert await cache.aget(KEY)


async def test_without_the_cache_somebody_may_watch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = Watched(lambda: False)
    await here.ask()
    assert not here.anywhere

    async def away(*_: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(watched.cache, "aget", away)
    await here.ask()
    assert here.anywhere


async def test_news_is_made_where_another_process_has_a_socket(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.REDIS_URL = "redis://nowhere"
    others = broadcast.Broadcaster(asyncio.get_running_loop())
    monkeypatch.setattr(broadcast.hub.watched, "anywhere", False)
    assert not others.is_watched()
    monkeypatch.setattr(broadcast.hub.watched, "anywhere", True)
    assert others.is_watched()
