"""Chat streams say their usage only when asked: the program need not know."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from tests.client.asked import GPT, usage_of
from tests.client.fake_providers import CHAT_USAGE, Providers
from tests.client.fake_server import BudgetServer
from tracker.client import BudgetClient


def test_a_chat_stream_is_reported_without_a_chunk_that_nobody_asked_for(
    gpt: openai.OpenAI, providers: Providers, told: Any
) -> None:
    stream = gpt.chat.completions.create(**GPT, stream=True)

    deltas = [chunk.choices[0].delta.content for chunk in stream]

    assert deltas == ["Pa", "ris.", None]
    assert providers.requests[0].json()["stream_options"] == {"include_usage": True}
    report = told()
    assert report["event_id"] == "chatcmpl-1"
    assert usage_of(report, CHAT_USAGE) == CHAT_USAGE


def test_a_program_that_asks_for_usage_gets_its_chunk(
    gpt: openai.OpenAI, told: Any
) -> None:
    stream = gpt.chat.completions.create(
        **GPT, stream=True, stream_options={"include_usage": True}
    )

    assert [chunk.usage is not None for chunk in stream] == [False] * 3 + [True]
    assert usage_of(told(), CHAT_USAGE) == CHAT_USAGE


def test_other_stream_options_stay(gpt: openai.OpenAI, providers: Providers) -> None:
    options: Any = {"include_obfuscation": False}
    list(gpt.chat.completions.create(**GPT, stream=True, stream_options=options))

    sent = providers.requests[0].json()["stream_options"]
    assert sent == {"include_obfuscation": False, "include_usage": True}
    assert options == {"include_obfuscation": False}


def test_asking_for_usage_can_be_left_out(
    budget: BudgetClient, providers: Providers, server: BudgetServer
) -> None:
    with openai.OpenAI(api_key="k", base_url=f"{providers.url}/v1") as client:
        gpt = budget.wrap(client, include_usage=False)
        chunks = list(gpt.chat.completions.create(**GPT, stream=True))

    assert len(chunks) == 3
    assert "stream_options" not in providers.requests[0].json()
    assert budget.flush()
    assert server.reports == []


def test_a_server_that_refuses_the_question_for_usage_is_asked_no_more(
    gpt: openai.OpenAI, providers: Providers, budget: BudgetClient, server: BudgetServer
) -> None:
    providers.is_old = True

    chunks = [list(gpt.chat.completions.create(**GPT, stream=True)) for _ in "12"]

    assert [len(each) for each in chunks] == [3, 3]
    asked = ["stream_options" in request.json() for request in providers.requests]
    assert asked == [True, False, False]
    assert budget.flush()
    assert server.reports == []


async def test_an_asynchronous_client_goes_on_as_well(
    async_gpt: openai.AsyncOpenAI, providers: Providers
) -> None:
    providers.is_old = True

    stream = await async_gpt.chat.completions.create(**GPT, stream=True)

    assert len([chunk async for chunk in stream]) == 3


def test_a_refusal_of_what_the_program_asked_reaches_it(
    gpt: openai.OpenAI, providers: Providers
) -> None:
    providers.is_old = True
    asked: Any = {"include_usage": True}

    with pytest.raises(openai.BadRequestError):
        gpt.chat.completions.create(**GPT, stream=True, stream_options=asked)

    assert len(providers.requests) == 1


def test_the_chat_stream_helper_is_reported(gpt: openai.OpenAI, told: Any) -> None:
    with gpt.chat.completions.stream(**GPT) as stream:
        completion = stream.get_final_completion()

    assert completion.choices[0].message.content == "Paris."
    assert usage_of(told(), CHAT_USAGE) == CHAT_USAGE
