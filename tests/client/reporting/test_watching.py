"""Streams pass through unchanged, and are reported when they end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anthropic
import openai
import pytest

from tests.client.asked import ASK, MESSAGE, only_report
from tests.client.fake_providers import ANTHROPIC_USAGE, CHAT_USAGE, Providers
from tests.client.fake_server import BudgetServer
from tracker.client import AsyncBudgetClient, BudgetClient


def test_a_stream_of_an_sdk_is_reported_when_it_ends(
    budget: BudgetClient, server: BudgetServer, providers: Providers
) -> None:
    with anthropic.Anthropic(api_key="k", base_url=providers.url) as claude:
        stream = claude.messages.create(
            model="claude-test", max_tokens=9, messages=ASK, stream=True
        )
        same = budget.record(stream, title="Tutor")
        for _event in same:
            assert not server.reports

    assert same is stream
    report = only_report(budget, server)
    assert report["usage"]["output_tokens"] == 29
    assert report["title"] == "Tutor"


def test_the_stream_helper_of_an_sdk_is_reported(
    budget: BudgetClient, server: BudgetServer, providers: Providers
) -> None:
    with (
        anthropic.Anthropic(api_key="k", base_url=providers.url) as claude,
        claude.messages.stream(
            model="claude-test", max_tokens=9, messages=ASK
        ) as stream,
    ):
        assert budget.record(stream).get_final_text() == "Paris."

    assert only_report(budget, server)["usage"]["output_tokens"] == 29


def chunks() -> Iterator[dict[str, Any]]:
    yield {"id": "chatcmpl-1", "model": "gpt-5", "choices": [{}], "usage": None}
    yield {"id": "chatcmpl-1", "model": "gpt-5", "choices": [], "usage": CHAT_USAGE}


def test_any_iterator_of_events_is_reported(
    budget: BudgetClient, server: BudgetServer
) -> None:
    passed = list(budget.record(chunks()))

    assert passed == list(chunks())
    assert only_report(budget, server)["usage"] == CHAT_USAGE


async def test_asynchronous_streams_are_reported(
    server: BudgetServer, providers: Providers
) -> None:
    async def slowly() -> AsyncIterator[dict[str, Any]]:
        for chunk in chunks():
            await asyncio.sleep(0)
            yield chunk

    async with (
        AsyncBudgetClient(server.url, "tb_key", session="chat-1") as budget,
        openai.AsyncOpenAI(api_key="k", base_url=f"{providers.url}/v1") as gpt,
    ):
        assert len([chunk async for chunk in budget.record(slowly())]) == 2
        stream = await gpt.responses.create(model="gpt-5", input="Hi", stream=True)
        assert len([event async for event in budget.record(stream)]) == 2
        assert await budget.flush()

    sessions = [(r["session"], r["event_id"]) for r in server.reports]
    assert sessions == [("chat-1", "chatcmpl-1"), ("chat-1", "resp_1")]


def test_an_error_inside_a_stream_reaches_the_program(
    budget: BudgetClient, server: BudgetServer
) -> None:
    def broken() -> Iterator[Any]:
        yield {"type": "message_start", "message": MESSAGE}
        raise RuntimeError("cut off")

    with pytest.raises(RuntimeError, match="cut off"):
        list(budget.record(broken()))

    assert only_report(budget, server)["usage"] == ANTHROPIC_USAGE
