"""A wrapped SDK client reports every call, and the program notices nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import anthropic
import openai
import pytest

from tests.client.fake_providers import (
    ANTHROPIC_USAGE,
    CHAT_USAGE,
    RESPONSES_USAGE,
    Providers,
)
from tests.client.fake_server import BudgetServer
from tracker.client import BudgetClient, session, wrap

ASK: Any = [{"role": "user", "content": "What is the capital of France?"}]
CLAUDE: dict[str, Any] = {
    "model": "claude-test",
    "max_tokens": 100,
    "messages": ASK,
}
GPT: dict[str, Any] = {"model": "gpt-5", "messages": ASK}


@pytest.fixture
def claude(budget: BudgetClient, providers: Providers) -> Iterator[anthropic.Anthropic]:
    client = anthropic.Anthropic(
        api_key="k",
        base_url=providers.url,
        max_retries=1,
    )
    yield budget.wrap(client)
    client.close()


@pytest.fixture
def gpt(budget: BudgetClient, providers: Providers) -> Iterator[openai.OpenAI]:
    client = openai.OpenAI(api_key="k", base_url=f"{providers.url}/v1", max_retries=0)
    yield budget.wrap(client)
    client.close()


@pytest.fixture
async def async_claude(
    budget: BudgetClient, providers: Providers
) -> AsyncIterator[anthropic.AsyncAnthropic]:
    client = anthropic.AsyncAnthropic(api_key="k", base_url=providers.url)
    yield budget.wrap(client)
    await client.close()


@pytest.fixture
async def async_gpt(
    budget: BudgetClient, providers: Providers
) -> AsyncIterator[openai.AsyncOpenAI]:
    client = openai.AsyncOpenAI(api_key="k", base_url=f"{providers.url}/v1")
    yield budget.wrap(client)
    await client.close()


@pytest.fixture
def told(budget: BudgetClient, server: BudgetServer) -> Any:
    """The one report that was sent, once all are."""

    def told() -> dict[str, Any]:
        assert budget.flush()
        (report,) = server.reports
        return report

    return told


def usage_of(report: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """The report's usage, as far as `expected` names it: SDKs add nulls and zeros."""
    return {name: report["usage"].get(name) for name in expected}


def test_a_message_is_reported_with_the_providers_own_usage(
    claude: anthropic.Anthropic, told: Any
) -> None:
    answer = claude.messages.create(**CLAUDE, system="You are a tutor." * 7)

    report = told()
    assert answer.content[0].text == "Paris."  # type: ignore[union-attr]
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


def test_copies_of_a_wrapped_client_report_too(
    claude: anthropic.Anthropic, budget: BudgetClient, server: BudgetServer
) -> None:
    claude.with_options(timeout=9).messages.create(**CLAUDE)
    claude.copy().messages.create(**CLAUDE)

    assert budget.flush()
    assert [report["event_id"] for report in server.reports] == ["msg_1", "msg_2"]


def test_wrapping_twice_reports_once(
    claude: anthropic.Anthropic, budget: BudgetClient, told: Any
) -> None:
    assert budget.wrap(claude) is claude

    claude.messages.create(**CLAUDE)

    assert told()["event_id"] == "msg_1"


def test_a_client_used_before_it_is_wrapped_reports(
    budget: BudgetClient, providers: Providers, told: Any
) -> None:
    with anthropic.Anthropic(api_key="k", base_url=providers.url) as claude:
        claude.messages.create(**CLAUDE)
        budget.wrap(claude, lane="researcher", title="Tutor")
        claude.messages.create(**CLAUDE)

    report = told()
    assert (report["event_id"], report["lane"]) == ("msg_2", "researcher")
    assert report["title"] == "Tutor"


def test_the_session_of_the_moment_wins_over_the_clients(
    claude: anthropic.Anthropic, told: Any
) -> None:
    with session("outer"), session("inner/1"):
        claude.messages.create(**CLAUDE)

    assert told()["session"] == "inner/1"


def test_wrap_without_a_client_reports_to_the_environments_server(
    server: BudgetServer, providers: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.client import budget_client

    monkeypatch.setenv("TOKEN_BUDGET_URL", server.url + "/")
    monkeypatch.setenv("TOKEN_BUDGET_KEY", "tb_env")
    budget_client._default_client.cache_clear()
    with anthropic.Anthropic(api_key="k", base_url=providers.url) as claude:
        wrap(claude, session="from env").messages.create(**CLAUDE)
    budget_client._default_client().close()
    budget_client._default_client.cache_clear()

    (post,) = server.requests
    assert post.headers["Authorization"] == "Bearer tb_env"
    assert post.json()[0]["session"] == "from env"


def test_what_is_no_client_is_refused(budget: BudgetClient) -> None:
    with pytest.raises(TypeError, match="dict"):
        budget.wrap({})


def test_a_server_that_is_down_disturbs_nobody(
    providers: Providers, state: Any
) -> None:
    budget = BudgetClient("http://127.0.0.1:9", "tb_key")
    with anthropic.Anthropic(api_key="k", base_url=providers.url) as claude:
        answer = budget.wrap(claude).messages.create(**CLAUDE)
    budget.close()

    assert answer.id == "msg_1"
    assert len(list(state.rglob("*.json"))) == 1
