"""A wrapped Anthropic client reports every call, the program notices nothing."""

from __future__ import annotations

from typing import Any

import anthropic
import pytest

from tests.client.asked import ASK, CLAUDE, usage_of
from tests.client.fake_providers import ANTHROPIC_USAGE, Providers
from tests.client.fake_server import BudgetServer
from tracker.client import BudgetClient


def test_a_message_is_reported_with_the_providers_own_usage(
    claude: anthropic.Anthropic, told: Any
) -> None:
    answer = claude.messages.create(**CLAUDE, system="You are a tutor." * 7)

    report = told()
    assert answer.content[0].text == "Paris."
    assert (report["session"], report["event_id"]) == ("chat-42", "msg_1")
    assert report["model"] == "claude-test-20250929"
    assert usage_of(report, ANTHROPIC_USAGE) == ANTHROPIC_USAGE
    assert 32 <= report["tokens"]["system"] <= 40
    assert report["message_count"] == 1
    assert "messages" not in report


def test_a_streamed_message_is_reported_when_it_ends(
    claude: anthropic.Anthropic, server: BudgetServer, told: Any
) -> None:
    stream = claude.messages.create(**CLAUDE, stream=True)

    kinds = [event.type for event in stream]

    assert isinstance(stream, anthropic.Stream)
    assert kinds[0] == "message_start" and kinds[-1] == "message_stop"
    report = told()
    assert report["event_id"] == "msg_1"
    assert usage_of(report, ANTHROPIC_USAGE) == ANTHROPIC_USAGE


def test_the_stream_helper_is_reported(claude: anthropic.Anthropic, told: Any) -> None:
    with claude.messages.stream(**CLAUDE) as stream:
        text = "".join(stream.text_stream)
        message = stream.get_final_message()

    assert (text, message.usage.output_tokens) == ("Paris.", 29)
    assert usage_of(told(), ANTHROPIC_USAGE) == ANTHROPIC_USAGE


def test_a_stream_left_early_reports_the_input_it_began_with(
    claude: anthropic.Anthropic, told: Any
) -> None:
    with claude.messages.create(**CLAUDE, stream=True) as stream:
        for _event in stream:
            break

    usage = told()["usage"]
    assert (usage["cache_read_input_tokens"], usage["output_tokens"]) == (600, 1)


def test_beta_messages_are_reported(claude: anthropic.Anthropic, told: Any) -> None:
    claude.beta.messages.create(**CLAUDE)

    assert told()["event_id"] == "msg_1"


def test_a_raw_response_is_reported_once_it_is_read(
    claude: anthropic.Anthropic, told: Any
) -> None:
    raw = claude.messages.with_raw_response.create(**CLAUDE)

    assert raw.parse().usage.output_tokens == 29
    assert raw.parse().usage.output_tokens == 29
    assert told()["event_id"] == "msg_1"


def test_a_retried_call_is_one_report(
    claude: anthropic.Anthropic, providers: Providers, told: Any
) -> None:
    providers.failures = 1

    claude.messages.create(**CLAUDE)

    assert len(providers.requests) == 2
    assert told()["event_id"] == "msg_1"


def test_an_error_reaches_the_program_and_is_no_report(
    claude: anthropic.Anthropic, providers: Providers, budget: Any, server: BudgetServer
) -> None:
    providers.failures = 2

    with pytest.raises(anthropic.InternalServerError):
        claude.messages.create(**CLAUDE)

    assert budget.flush()
    assert server.reports == []


def test_counting_tokens_is_no_call(
    claude: anthropic.Anthropic, budget: BudgetClient, server: BudgetServer
) -> None:
    claude.messages.count_tokens(model="claude-test", messages=ASK)

    assert budget.flush()
    assert server.reports == []


async def test_asynchronous_messages_are_reported(
    async_claude: anthropic.AsyncAnthropic, budget: BudgetClient, server: BudgetServer
) -> None:
    await async_claude.messages.create(**CLAUDE)
    events = [
        e async for e in await async_claude.messages.create(**CLAUDE, stream=True)
    ]
    async with async_claude.messages.stream(**CLAUDE) as stream:
        text = [part async for part in stream.text_stream]
    raw = await async_claude.messages.with_raw_response.create(**CLAUDE)
    parsed = await raw.parse()

    assert (len(events), text, parsed.id) == (6, ["Paris."], "msg_4")
    assert budget.flush()
    ids = [report["event_id"] for report in server.reports]
    assert ids == ["msg_1", "msg_2", "msg_3", "msg_4"]
