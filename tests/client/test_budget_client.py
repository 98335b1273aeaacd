"""What both clients offer a program, besides wrapping: record, report, optimize."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
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
from tracker.client import AsyncBudgetClient, BudgetClient, session
from tracker.client.config import Config
from tracker.client.report_bodies import Request, with_parts
from tracker.domain.reported_usage import normalise_usage

ASK: Any = [{"role": "user", "content": "Hello"}]


def told(budget: BudgetClient, server: BudgetServer) -> dict[str, Any]:
    assert budget.flush()
    (report,) = server.reports
    return report


MESSAGE = {"id": "msg_1", "model": "claude-test", "usage": ANTHROPIC_USAGE}
CHAT = {"id": "chatcmpl-1", "model": "gpt-5", "usage": CHAT_USAGE}
RESPONSE = {"id": "resp_1", "model": "gpt-5", "usage": RESPONSES_USAGE}


@pytest.mark.parametrize("answer", [MESSAGE, CHAT, RESPONSE], ids=lambda a: a["id"])
def test_a_dict_of_a_provider_is_reported(
    answer: dict[str, Any], budget: BudgetClient, server: BudgetServer
) -> None:
    assert budget.record(answer) is answer

    report = told(budget, server)
    assert report["usage"] == answer["usage"]
    assert (report["event_id"], report["model"]) == (answer["id"], answer["model"])
    assert report["session"] == "chat-42"


def test_an_sdks_object_is_reported(
    budget: BudgetClient, server: BudgetServer, providers: Providers
) -> None:
    with anthropic.Anthropic(api_key="k", base_url=providers.url) as claude:
        message = budget.record(
            claude.messages.create(model="claude-test", max_tokens=9, messages=ASK),
            lane="planner",
            message_count=1,
        )

    assert message.id == "msg_1"
    report = told(budget, server)
    assert normalise_usage(report["usage"]).used_tokens == 703
    assert (report["lane"], report["message_count"]) == ("planner", 1)


def test_a_foreign_object_with_usage_is_reported(
    budget: BudgetClient, server: BudgetServer
) -> None:
    usage = SimpleNamespace(prompt_tokens=9, completion_tokens=1, extra=None)

    budget.record(SimpleNamespace(usage=usage, id=7, model=None))

    report = told(budget, server)
    assert report["usage"] == {"prompt_tokens": 9, "completion_tokens": 1}
    assert report["event_id"].startswith("tb-")


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
    report = told(budget, server)
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

    assert told(budget, server)["usage"]["output_tokens"] == 29


def chunks() -> Iterator[dict[str, Any]]:
    yield {"id": "chatcmpl-1", "model": "gpt-5", "choices": [{}], "usage": None}
    yield {"id": "chatcmpl-1", "model": "gpt-5", "choices": [], "usage": CHAT_USAGE}


def test_any_iterator_of_events_is_reported(
    budget: BudgetClient, server: BudgetServer
) -> None:
    passed = list(budget.record(chunks()))

    assert passed == list(chunks())
    assert told(budget, server)["usage"] == CHAT_USAGE


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


@pytest.mark.parametrize(
    "thing",
    [
        None,
        7,
        "text",
        {},
        [],
        {"usage": None},
        {"usage": 5},
        pytest.param(object(), id="object"),
    ],
    ids=repr,
)
def test_what_says_no_usage_is_given_back_and_not_reported(
    thing: Any, budget: BudgetClient, server: BudgetServer
) -> None:
    assert budget.record(thing) is thing

    assert budget.flush()
    assert server.reports == []


def test_an_error_inside_a_stream_reaches_the_program(
    budget: BudgetClient, server: BudgetServer
) -> None:
    def broken() -> Iterator[Any]:
        yield {"type": "message_start", "message": MESSAGE}
        raise RuntimeError("cut off")

    with pytest.raises(RuntimeError, match="cut off"):
        list(budget.record(broken()))

    assert told(budget, server)["usage"] == ANTHROPIC_USAGE


def test_a_report_of_ones_own_numbers_is_sent_as_it_is(
    budget: BudgetClient, server: BudgetServer
) -> None:
    at = datetime(2026, 11, 22, 10, tzinfo=UTC)

    budget.report(
        tokens={"system": 2000, "history": 157172},
        at=at,
        event_id="req_01",
        window_tokens=1_000_000,
        model=None,
        metadata={"team": "search"},
    )

    assert told(budget, server) == {
        "session": "chat-42",
        "event_id": "req_01",
        "at": "2026-11-22T10:00:00+00:00",
        "tokens": {"system": 2000, "history": 157172},
        "window_tokens": 1_000_000,
        "metadata": {"team": "search"},
    }


def test_texts_can_be_left_to_the_server_to_count(
    budget: BudgetClient, server: BudgetServer
) -> None:
    budget.report(messages=ASK, system="You are …", session="chat-44")

    report = told(budget, server)
    assert (report["messages"], report["session"]) == (ASK, "chat-44")


def test_reports_without_an_id_get_ids_that_sort_by_time(
    budget: BudgetClient, server: BudgetServer
) -> None:
    for _ in range(5):
        budget.report(tokens={"history": 1})

    assert budget.flush()
    ids = [report["event_id"] for report in server.reports]
    assert len(set(ids)) == 5
    assert ids == sorted(ids)


def test_sessions_of_threads_and_tasks_stay_apart(
    budget: BudgetClient, server: BudgetServer
) -> None:
    barrier = threading.Barrier(2)

    def chat(key: str) -> None:
        with session(key):
            barrier.wait(5)
            budget.report(tokens={"history": 1}, event_id=f"of {key}")
            barrier.wait(5)

    threads = [threading.Thread(target=chat, args=(key,)) for key in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    budget.report(tokens={"history": 1}, event_id="of chat-42")

    assert budget.flush()
    for report in server.reports:
        assert report["event_id"] == f"of {report['session']}"
    assert len(server.reports) == 3


def test_a_program_that_names_no_session_has_one_for_its_run(
    server: BudgetServer,
) -> None:
    with (
        BudgetClient(server.url, "tb_key") as one,
        BudgetClient(server.url, "tb_key") as other,
    ):
        assert one.session.startswith("run-")
        assert one.session != other.session


def test_without_a_server_a_program_runs_the_same(
    state: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with BudgetClient() as budget:
        budget.report(tokens={"history": 1})
        assert budget.record(MESSAGE) is MESSAGE
        optimized = budget.optimize(ASK)
        assert budget.flush()

    assert (optimized.messages, optimized.error) == (ASK, "reporting is off")
    assert "TOKEN_BUDGET_URL" in caplog.text
    assert not state.exists()


COMPRESSED = {
    "messages": [{"role": "user", "content": "summary"}],
    "compressed": True,
    "warnings": ["85 % used"],
    "before_tokens": 9,
}


@pytest.mark.parametrize("is_repeat", [False, True])
def test_optimize_answers_the_servers_messages(
    is_repeat: bool, budget: BudgetClient, server: BudgetServer
) -> None:
    server.optimized, server.is_repeat = COMPRESSED, is_repeat

    optimized = budget.optimize(
        ASK, session="team/a b", system="You are …", model=None, force=True
    )

    assert optimized.messages == COMPRESSED["messages"]
    assert optimized.is_compressed
    assert optimized.warnings == ["85 % used"]
    assert optimized.answer["before_tokens"] == 9
    (request,) = server.requests
    assert request.path == "/api/v1/sessions/team%2Fa%20b/optimize"
    assert request.json() == {"messages": ASK, "system": "You are …", "force": True}


def test_optimize_sends_sdk_objects_as_data(
    budget: BudgetClient, server: BudgetServer
) -> None:
    server.optimized = {"messages": [], "compressed": False}
    block = anthropic.types.TextBlock(type="text", text="Paris.")
    messages = [{"role": "assistant", "content": [block]}]

    optimized = budget.optimize(messages)

    sent = server.requests[0].json()["messages"]
    assert sent[0]["content"] == [{"type": "text", "text": "Paris."}]
    assert optimized.messages == messages  # unchanged, not what came back


@pytest.mark.parametrize("status", [401, 422, 500, 503])
def test_without_an_answer_optimize_gives_the_same_messages(
    status: int, budget: BudgetClient, server: BudgetServer
) -> None:
    server.status = status

    optimized = budget.optimize(ASK)

    assert optimized.messages == ASK
    assert not optimized.is_compressed
    assert optimized.error == f"the server answered {status} not now"


@pytest.mark.parametrize("answer", [[], {"messages": "none"}, {}], ids=repr)
def test_an_answer_of_another_form_gives_the_same_messages(
    answer: Any, budget: BudgetClient, server: BudgetServer
) -> None:
    server.optimized = answer

    optimized = budget.optimize(ASK)

    assert (optimized.messages, optimized.is_compressed) == (ASK, False)
    assert optimized.error


def test_a_server_that_is_away_gives_the_same_messages(state: Any) -> None:
    with BudgetClient("http://127.0.0.1:9", "tb_key") as budget:
        optimized = budget.optimize(ASK)

    assert optimized.messages == ASK
    assert "ConnectError" in optimized.error


async def test_the_asynchronous_client_optimizes_and_wraps(
    server: BudgetServer, providers: Providers
) -> None:
    server.optimized = COMPRESSED
    async with (
        AsyncBudgetClient(server.url, "tb_key", session="chat-1") as budget,
        anthropic.AsyncAnthropic(api_key="k", base_url=providers.url) as claude,
    ):
        optimized = await budget.optimize(ASK, session="chat-2")
        server.status = 503
        failed = await budget.optimize(ASK)
        server.status = 200
        await budget.wrap(claude).messages.create(
            model="claude-test", max_tokens=9, messages=ASK
        )
        budget.report(tokens={"history": 1}, event_id="own")
        assert await budget.flush()
        assert budget.session == "chat-1"

    assert optimized.is_compressed
    assert failed.messages == ASK
    assert [report["event_id"] for report in server.reports] == ["msg_1", "own"]


async def test_the_asynchronous_client_survives_the_same(state: Any) -> None:
    async with AsyncBudgetClient() as off:
        assert (await off.optimize(ASK)).error == "reporting is off"
    async with AsyncBudgetClient("http://127.0.0.1:9", "tb_key") as away:
        assert "ConnectError" in (await away.optimize(ASK)).error


def test_arguments_win_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN_BUDGET_URL", "http://environment/")
    monkeypatch.setenv("TOKEN_BUDGET_KEY", "tb_env")

    assert Config.of() == Config("http://environment", "tb_env")
    assert Config.of("http://given") == Config("http://given", "tb_env")
    assert not Config.of("").is_on


def test_spools_of_two_servers_or_keys_are_two_folders() -> None:
    folders = {
        Config(url, key).spool_folder
        for url in ("http://a", "http://b")
        for key in "xy"
    }

    assert len(folders) == 4


def test_an_answer_that_breaks_when_it_is_read_is_given_back(
    budget: BudgetClient, server: BudgetServer, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        @property
        def usage(self) -> Any:
            raise RuntimeError("lazy")

    answer = Broken()

    assert budget.record(answer) is answer
    assert budget.flush()
    assert server.reports == []
    assert "lazy" in caplog.text


def test_parts_that_cannot_be_estimated_do_not_stop_the_report() -> None:
    class Endless(list[Any]):
        def __iter__(self) -> Any:
            raise RecursionError

    request = Request(messages=[{"role": "user", "content": Endless([1])}])

    body = with_parts({"session": "chat-1"}, request)

    assert body == {"session": "chat-1", "message_count": 1}
