"""The client's optimize() against the real application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from tests.api.conftest import LONG_TALK
from tracker.client import AsyncBudgetClient, BudgetClient
from tracker.client.optimizing import Optimized


@pytest.fixture
async def url(key: str) -> AsyncIterator[str]:
    """The real application on a port of its own."""
    from budget_site.asgi import application

    config = uvicorn.Config(application, port=0, lifespan="off", log_level="error")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await task


async def test_the_real_servers_shorter_messages_reach_the_program(
    state: Path, url: str, key: str
) -> None:
    def ask(event_id: str) -> Optimized:
        with BudgetClient(url, key, session="plain") as budget:
            return budget.optimize(LONG_TALK, event_id=event_id)

    first = await asyncio.to_thread(ask, "o1")
    repeat = await asyncio.to_thread(ask, "o1")
    async with AsyncBudgetClient(url, key, session="asynchronous") as budget:
        awaited = await budget.optimize(LONG_TALK)

    for optimized in (first, repeat, awaited):
        assert (optimized.error, optimized.is_compressed) == ("", True)
        assert optimized.messages[:2] == LONG_TALK[:2]
        assert len(str(optimized.messages)) < len(str(LONG_TALK))
    assert _is_repeat(first, repeat, awaited) == [False, True, False]


def _is_repeat(*optimized: Optimized) -> list[Any]:
    return [each.answer["duplicate"] for each in optimized]
