"""optimize() answers the server's messages, or the same where there are none."""

from __future__ import annotations

from typing import Any

import anthropic
import pytest

from tests.client.asked import ASK
from tests.client.fake_providers import Providers
from tests.client.fake_server import BudgetServer
from tracker.client import AsyncBudgetClient, BudgetClient

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


CUT = {"id": "ab" * 16, "message_count": 2, "is_kept": True}
HISTORY: Any = [{"role": "user", "content": f"Message {n}"} for n in range(5)]
SHORT: Any = [{"role": "user", "content": "in short"}]


def first_answer(count: int = 3) -> dict[str, Any]:
    messages = [*SHORT, *HISTORY[2:count]]
    return {"messages": messages, "compressed": True, "after": None, "cut": CUT}


def test_a_later_call_sends_only_what_follows_the_cut(
    budget: BudgetClient, server: BudgetServer
) -> None:
    server.optimized = first_answer()
    assert budget.optimize(HISTORY[:3]).messages == [*SHORT, HISTORY[2]]
    server.optimized = {
        "messages": HISTORY[2:],
        "compressed": True,
        "after": CUT["id"],
        "cut": CUT,
    }

    optimized = budget.optimize(HISTORY, system="You are …")

    assert optimized.messages == [*SHORT, *HISTORY[2:]]
    assert server.requests[-1].json() == {
        "messages": HISTORY[2:],
        "after": CUT["id"],
        "system": "You are …",
    }


def test_another_history_or_session_is_sent_whole(
    budget: BudgetClient, server: BudgetServer
) -> None:
    server.optimized = first_answer()
    budget.optimize(HISTORY[:3])

    edited = [HISTORY[0], SHORT[0], *HISTORY[2:]]
    for messages, session in ((edited, None), (HISTORY[:1], None), (HISTORY, "b")):
        budget.optimize(messages, session=session)
        assert server.requests[-1].json() == {"messages": messages}


def test_a_server_that_knows_the_cut_no_more_is_sent_all(
    budget: BudgetClient, server: BudgetServer
) -> None:
    server.optimized = first_answer()
    budget.optimize(HISTORY[:3])
    server.is_cut_known = False
    server.optimized = first_answer(5)

    optimized = budget.optimize(HISTORY)

    assert optimized.messages == [*SHORT, *HISTORY[2:]]
    assert optimized.error == ""
    asked = [request.json() for request in server.requests[1:]]
    assert [body.get("after") for body in asked] == [CUT["id"], None]
    assert asked[1]["messages"] == HISTORY


def test_while_there_is_no_answer_it_stays_compressed(
    budget: BudgetClient, server: BudgetServer
) -> None:
    server.optimized = first_answer()
    budget.optimize(HISTORY[:3])
    server.status = 503

    optimized = budget.optimize(HISTORY)

    assert optimized.messages == [*SHORT, *HISTORY[2:]]
    assert optimized.is_compressed
    assert "503" in optimized.error


@pytest.mark.parametrize(
    "cut",
    [
        None,
        [],
        {"id": 5, "message_count": 2},
        {"id": "a", "message_count": None},
        {"id": "a", "message_count": 9},
        {"id": "a", "message_count": 0},
    ],
    ids=repr,
)
def test_a_cut_that_makes_no_sense_is_not_learnt(
    cut: Any, budget: BudgetClient, server: BudgetServer
) -> None:
    server.optimized = {"messages": SHORT, "compressed": True, "cut": cut}

    assert budget.optimize(HISTORY).messages == SHORT

    budget.optimize(HISTORY)
    assert server.requests[-1].json() == {"messages": HISTORY}
