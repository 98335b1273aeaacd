"""A wrapped OpenAI client reports chats and responses."""

from __future__ import annotations

from typing import Any

import openai

from tests.client.asked import ASK, GPT, usage_of
from tests.client.fake_providers import CHAT_USAGE, RESPONSES_USAGE
from tests.client.fake_server import BudgetServer
from tracker.client import BudgetClient


def test_a_chat_completion_is_reported(gpt: openai.OpenAI, told: Any) -> None:
    tools: Any = [
        {"type": "function", "function": {"name": "f", "description": "d" * 70}}
    ]
    gpt.chat.completions.create(
        model="gpt-5",
        messages=[{"role": "system", "content": "s" * 350}, *ASK],
        tools=tools,
    )

    report = told()
    assert report["event_id"] == "chatcmpl-1"
    assert usage_of(report, CHAT_USAGE) == CHAT_USAGE
    assert 100 <= report["tokens"]["system"] <= 110
    assert report["tokens"]["tools"] > 20
    assert report["message_count"] == 1


def test_a_response_is_reported(gpt: openai.OpenAI, told: Any) -> None:
    gpt.responses.create(model="gpt-5", input="Hello", instructions="i" * 350)

    report = told()
    assert report["event_id"] == "resp_1"
    assert usage_of(report, RESPONSES_USAGE) == RESPONSES_USAGE
    assert 100 <= report["tokens"]["system"] <= 110


def test_a_streamed_response_is_reported(gpt: openai.OpenAI, told: Any) -> None:
    events = list(gpt.responses.create(model="gpt-5", input="Hello", stream=True))

    assert [event.type for event in events][-1] == "response.completed"
    assert usage_of(told(), RESPONSES_USAGE) == RESPONSES_USAGE


async def test_asynchronous_chats_and_responses_are_reported(
    async_gpt: openai.AsyncOpenAI, budget: BudgetClient, server: BudgetServer
) -> None:
    await async_gpt.chat.completions.create(**GPT)
    chunks = [
        c async for c in await async_gpt.chat.completions.create(**GPT, stream=True)
    ]
    await async_gpt.responses.create(model="gpt-5", input="Hello")
    raw = await async_gpt.chat.completions.with_raw_response.create(**GPT)
    raw.parse()

    assert len(chunks) == 3
    assert budget.flush()
    ids = [report["event_id"] for report in server.reports]
    assert ids == ["chatcmpl-1", "chatcmpl-2", "resp_3", "chatcmpl-4"]


def test_embeddings_are_no_call(
    gpt: openai.OpenAI, budget: BudgetClient, server: BudgetServer
) -> None:
    gpt.embeddings.create(model="text-embedding-3-small", input="Hello")

    assert budget.flush()
    assert server.reports == []
