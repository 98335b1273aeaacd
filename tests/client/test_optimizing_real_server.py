"""The client's optimize() against the real application."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from tests.api.conftest import LONG_TALK
from tracker.client import AsyncBudgetClient, BudgetClient
from tracker.client.optimizing import Optimized


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


async def test_a_program_that_keeps_its_history_sends_only_what_is_new(
    state: Path, url: str, key: str, monkeypatch: Any
) -> None:
    import httpx

    sent: list[int] = []

    def run() -> list[Optimized]:
        post = httpx.post

        def counted(**request: Any) -> httpx.Response:
            sent.append(len(request["content"]))
            return post(**request)

        monkeypatch.setattr(httpx, "post", counted)
        with BudgetClient(url, key, session="kept") as budget:
            first = budget.optimize(LONG_TALK)
            more = [*LONG_TALK, {"role": "user", "content": "Go on."}]
            return [first, budget.optimize(more), budget.optimize(LONG_TALK)]

    first, second, same = await asyncio.to_thread(run)

    assert second.messages == [*first.messages, {"role": "user", "content": "Go on."}]
    assert same.messages == first.messages
    assert [each.error for each in (first, second, same)] == ["", "", ""]
    assert max(sent[1:]) < 200 < sent[0]
