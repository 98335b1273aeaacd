"""Agents whose conversations fill their window go on, and know of nothing."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from aiohttp import web

from tests.gateway.agents import PATHS, Agent
from tests.gateway.fake_upstream import FakeUpstream, refusal
from tests.gateway.provider_rules import MOST_MARKS

WINDOW = 20_000
Set = Callable[..., Any]


@pytest.fixture(autouse=True)
def compress_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the thread that would wait for a worker: a new process takes seconds."""
    from tracker.gateway import compression

    monkeypatch.setattr(
        compression, "run_in_worker", lambda work, order, lane: work(order)
    )


@pytest.fixture
async def policy(project: Any, in_db: Any, upstream: FakeUpstream) -> Any:
    """`await policy(mode="advise")`: the project's policy has a small window."""
    from tracker.changes.policies import save_policy
    from tracker.models import Policy

    upstream.window_tokens = WINDOW

    async def make(**fields: Any) -> None:
        said = {"window_tokens": WINDOW, "reserved_tokens": 1_000} | fields
        row = Policy(name=f"p{len(said)}", project=project, **said)
        await in_db(lambda: save_policy(row))

    return make


@pytest.fixture
def rows(in_db: Any, stored: Any) -> Any:
    """`await rows("GatewayCall")`: all of a table, once what waits is written."""
    from tracker import models
    from tracker.ingest.door.gateway_calls import call_log

    async def read(name: str) -> list[Any]:
        await stored()
        await in_db(call_log.write)
        table = getattr(models, name)
        return list(await in_db(lambda: list(table.objects.order_by("pk"))))

    return read


def plain(message: Any) -> str:
    """A message without marks of the cache, as the provider's cache compares it."""
    text = json.dumps(message, sort_keys=True)
    return text.replace('"cache_control": {"type": "ephemeral"}, ', "")


def sent_messages(upstream: FakeUpstream, shape: str) -> list[list[str]]:
    field = {"responses": "input", "gemini": "contents"}.get(shape, "messages")
    return [[plain(m) for m in asked.json[field]] for asked in upstream.asked]


@pytest.mark.parametrize("shape", PATHS)
async def test_an_agent_outgrows_its_window_and_never_hears_of_it(
    client: httpx.AsyncClient,
    upstream: FakeUpstream,
    policy: Any,
    rows: Any,
    shape: str,
) -> None:
    await policy(cooldown_seconds=0)
    agent = Agent(client, shape, thinks=shape == "anthropic")

    answers = [await agent.call() for _ in range(110)]

    assert {answer.status_code for answer in answers} == {200}
    assert len(json.dumps(agent.body)) // 4 > WINDOW * 2
    compressions = await rows("Compression")
    assert len(compressions) >= 2
    assert {c.origin for c in compressions} == {"gateway"}
    assert {c.performed_by for c in compressions} == {"tracker"}
    assert {c.trigger for c in compressions} == {"budget"}
    assert all(c.after_tokens < c.before_tokens for c in compressions)
    # Each request continues the one before it, but for one cut per compression.
    sent = sent_messages(upstream, shape)
    breaks = sum(
        now[: len(before)] != before
        for before, now in zip(sent, sent[1:], strict=False)
    )
    assert breaks == len(compressions)
    assert any("earlier messages=" in message for message in sent[-1])
    assert any("port 8041" in message for message in sent[-1])
    calls = await rows("GatewayCall")
    assert [c.action for c in calls].count("compressed") == len(compressions)
    assert {c.action for c in calls} == {"untouched", "cut", "compressed"}
    assert len(await rows("UsageSample")) == 110
    for asked in upstream.asked:
        assert asked.body.count(b'"cache_control"') <= MOST_MARKS


async def test_below_the_trigger_every_byte_is_the_clients(
    client: httpx.AsyncClient, upstream: FakeUpstream, policy: Any, rows: Any
) -> None:
    await policy()
    agent = Agent(client)
    bodies = []
    for _ in range(20):
        bodies.append(json.dumps(agent.body).encode())
        await agent.call()

    assert [asked.body for asked in upstream.asked] == bodies
    assert {c.action for c in await rows("GatewayCall")} == {"untouched"}


async def filled(
    agent: Agent, rows: Any, *, until: str = "Compression", most: int = 60
) -> httpx.Response:
    """Call until the agent's conversation was compressed."""
    for _ in range(most):
        answer = await agent.call()
        if await rows(until):
            return answer
    raise AssertionError("nothing was compressed")


async def test_a_cut_outlives_a_restart_byte_for_byte(
    client: httpx.AsyncClient, upstream: FakeUpstream, policy: Any, rows: Any
) -> None:
    from tracker.gateway.compression import compressor
    from tracker.gateway.conversation import conversations
    from tracker.gateway.cuts import forget_looked_up
    from tracker.gateway.judgement import judge
    from tracker.ingest.compressing import cuts

    await policy()
    agent = Agent(client)
    await filled(agent, rows)
    await agent.call()
    before = upstream.last.json["messages"]
    for memory in (compressor, conversations, judge):
        memory.forget_all()
    cuts.memory.clear()
    forget_looked_up()
    answer = await agent.call()

    after = upstream.last.json["messages"]
    assert list(map(plain, after[: len(before)])) == list(map(plain, before))
    (compression,) = await rows("Compression")
    assert answer.headers["x-token-budget-compression"] == str(compression.pk)
    assert (await rows("GatewayCall"))[-1].action == "cut"


async def test_counting_tokens_counts_what_would_be_sent(
    client: httpx.AsyncClient, upstream: FakeUpstream, policy: Any, rows: Any
) -> None:
    await policy()
    agent = Agent(client)
    await filled(agent, rows)
    content = json.dumps(agent.body).encode()
    headers = {"X-Token-Budget-Session": agent.session}
    counted = await client.post(
        PATHS["anthropic"] + "/count_tokens", content=content, headers=headers
    )
    asked = upstream.last.json["messages"]
    await client.post(PATHS["anthropic"], content=content, headers=headers)

    assert asked == upstream.last.json["messages"]
    assert counted.json()["input_tokens"] < len(content) // 4
    assert len(asked) < len(agent.messages)


async def test_a_history_that_was_rewound_falls_back_and_goes_on(
    client: httpx.AsyncClient, upstream: FakeUpstream, policy: Any, rows: Any
) -> None:
    await policy()
    agent = Agent(client)
    await filled(agent, rows)
    agent.messages = agent.messages[:-4]  # within what was kept: the cut still fits
    await agent.call()
    assert len(upstream.last.json["messages"]) < len(agent.messages) - 2
    agent.messages = [*agent.messages[:9], {"role": "assistant", "content": "Other"}]
    agent.messages.append({"role": "user", "content": "Go another way."})
    sent = json.dumps(agent.body).encode()
    answer = await agent.call()

    assert answer.status_code == 200
    assert upstream.last.body == sent


async def refuse(request: web.Request) -> web.Response:
    return web.json_response(refusal("messages.3: odd"), status=400)


async def test_a_compressed_call_that_is_refused_goes_out_as_it_came(
    client: httpx.AsyncClient, upstream: FakeUpstream, policy: Any, rows: Any
) -> None:
    await policy()
    agent = Agent(client)
    await filled(agent, rows)
    whole = json.dumps(agent.body).encode()
    upstream.next_answers = [refuse]
    answer = await agent.call()

    assert answer.status_code == 200
    assert upstream.last.body == whole
    assert b"earlier messages=" in upstream.asked[-2].body
    (compression,) = await rows("Compression")
    assert compression.refused_at is not None
    assert await rows("StoredCut") == []
    assert (await rows("GatewayCall"))[-1].action == "refused"
    assert "x-token-budget-compression" not in answer.headers


async def test_a_refusal_of_the_clients_own_bytes_is_its_answer(
    client: httpx.AsyncClient, upstream: FakeUpstream, policy: Any
) -> None:
    await policy()
    upstream.next_answers = [refuse]
    answer = await Agent(client).call()

    assert (answer.status_code, len(upstream.asked)) == (400, 1)
    assert answer.json() == refusal("messages.3: odd")


@pytest.mark.parametrize("shape", PATHS)
async def test_a_prompt_that_is_too_long_is_rescued_once(
    client: httpx.AsyncClient,
    upstream: FakeUpstream,
    policy: Any,
    rows: Any,
    shape: str,
) -> None:
    await policy(window_tokens=200_000)  # the policy is wrong about the window
    agent = Agent(client, shape)
    answers = []
    while not await rows("Compression"):
        answers.append(await agent.call())

    assert {answer.status_code for answer in answers} == {200}
    (compression,) = await rows("Compression")
    assert compression.trigger == "exceeded"
    assert (await rows("GatewayCall"))[-1].action == "rescued"
    assert (await agent.call()).status_code == 200


async def test_what_cannot_be_rescued_fails_as_it_would_have_directly(
    client: httpx.AsyncClient,
    upstream: FakeUpstream,
    policy: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tracker.gateway import compression

    def broken(work: Any, order: Any) -> Any:
        raise RuntimeError("no worker")

    await policy(window_tokens=200_000)
    monkeypatch.setattr(compression, "run_in_worker", broken)
    agent = Agent(client)
    agent.messages[0]["content"][0]["text"] = "word " * 40_000
    answer = await agent.call()

    assert answer.status_code == 400
    assert "prompt is too long" in answer.text
    assert len(upstream.asked) == 1


async def test_a_call_waits_for_its_compression_at_most_as_long_as_it_may(
    client: httpx.AsyncClient,
    upstream: FakeUpstream,
    policy: Any,
    rows: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tracker.gateway import compression

    release, begun = threading.Event(), threading.Event()

    def slow(work: Any, order: Any, lane: str) -> Any:
        begun.set()
        release.wait(20)
        return work(order)

    await policy(gateway_wait_seconds=0, warning_percent=85)
    monkeypatch.setattr(compression, "run_in_worker", slow)
    agent = Agent(client)
    while not begun.is_set():
        whole = json.dumps(agent.body).encode()
        await agent.call()
    assert upstream.last.body == whole
    release.set()
    key = (1, agent.session, "main")
    lanes = compression.compressor._lanes
    job = next(lane.job for (_, *k), lane in lanes.items() if tuple(k) == key[1:])
    assert job is not None
    await job
    await agent.call()

    assert b"earlier messages=" in upstream.last.body
    assert len(await rows("Compression")) == 1


async def test_a_compression_is_prepared_before_it_is_due(
    client: httpx.AsyncClient, policy: Any, rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await policy(gateway_wait_seconds=0)
    agent = Agent(client)
    await filled(agent, rows)
    calls = await rows("GatewayCall")

    assert calls[-1].action == "compressed"
    assert max(call.waited_ms for call in calls) < 1_000  # 10 s where it may wait


@pytest.mark.parametrize("mode", ["observe", "advise"])
async def test_observing_and_advising_change_no_byte(
    client: httpx.AsyncClient,
    upstream: FakeUpstream,
    policy: Any,
    rows: Any,
    mode: str,
) -> None:
    await policy(mode=mode)
    agent = Agent(client)
    bodies = []
    for _ in range(36):
        bodies.append(json.dumps(agent.body).encode())
        await agent.call()
    from tracker.gateway.compression import compressor

    jobs = [lane.job for lane in compressor._lanes.values() if lane.job]
    await asyncio.gather(*jobs)

    assert [asked.body for asked in upstream.asked] == bodies
    compressions = await rows("Compression")
    assert [c.is_advice for c in compressions] == [True] * (mode == "advise")
    assert await rows("StoredCut") == []


async def test_a_control_group_is_left_alone(
    client: httpx.AsyncClient, policy: Any, rows: Any
) -> None:
    await policy(gateway_control_share=100)
    agent = Agent(client)
    while (answer := await agent.call()).status_code == 200:
        pass

    assert "too long" in answer.text
    assert await rows("Compression") == []
    assert {c.is_control for c in await rows("GatewayCall")} == {True}


async def test_a_request_that_asks_the_provider_to_compact_is_left_to_it(
    client: httpx.AsyncClient, policy: Any, rows: Any
) -> None:
    await policy()
    agent = Agent(client)
    for _ in range(33):
        agent.grow()
    body = agent.body | {
        "context_management": {"edits": [{"type": "compact_20260112"}]}
    }
    answer = await client.post(PATHS["anthropic"], json=body)

    assert answer.status_code == 200
    assert await rows("Compression") == []


async def test_a_chat_without_tools_has_the_message_limit_and_an_agent_not(
    client: httpx.AsyncClient, upstream: FakeUpstream, policy: Any, rows: Any
) -> None:
    await policy()
    agent = Agent(client, "chat", size=900)
    for _ in range(14):
        await agent.call()
    assert await rows("Compression") == []
    messages = []
    for n in range(15):
        messages += [
            {"role": "user", "content": f"Question {n}? " + "word " * 300},
            {"role": "assistant", "content": f"Answer {n}. " + "word " * 300},
        ]
    body = {"model": "gpt-5", "messages": [*messages, messages[0]]}
    await client.post(PATHS["chat"], json=body)

    (compression,) = await rows("Compression")
    assert compression.trigger == "messages"
    assert len(upstream.last.json["messages"]) < len(messages)


async def test_where_no_messages_are_kept_cuts_live_in_memory_alone(
    client: httpx.AsyncClient,
    upstream: FakeUpstream,
    policy: Any,
    rows: Any,
    project: Any,
    in_db: Any,
) -> None:
    project.keep_messages = "no"
    await in_db(project.save)
    await policy()
    agent = Agent(client)
    await filled(agent, rows)
    await agent.call()

    assert b"earlier messages=" in upstream.last.body
    assert await rows("StoredCut") == []
    assert len(await rows("Compression")) == 1


async def test_a_killed_worker_costs_no_call(
    client: httpx.AsyncClient,
    upstream: FakeUpstream,
    policy: Any,
    rows: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tracker.gateway import compression
    from tracker.workers.pool import WorkersAway

    def killed(work: Any, order: Any, lane: str) -> Any:
        raise WorkersAway("the compression worker was killed twice")

    await policy()
    monkeypatch.setattr(compression, "run_in_worker", killed)
    agent = Agent(client)
    bodies, answers = [], []
    for _ in range(36):
        bodies.append(json.dumps(agent.body).encode())
        answers.append(await agent.call())

    assert {answer.status_code for answer in answers} == {200}
    assert [asked.body for asked in upstream.asked] == bodies
    assert await rows("Compression") == []


async def test_a_database_that_is_away_costs_neither_a_call_nor_its_cut(
    client: httpx.AsyncClient,
    upstream: FakeUpstream,
    policy: Any,
    rows: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from django.db import OperationalError

    from tracker.gateway.cuts import forget_looked_up
    from tracker.ingest.compressing import cuts

    def away(*_: Any) -> Any:
        raise OperationalError("away")

    await policy()
    agent = Agent(client)
    await filled(agent, rows)
    with monkeypatch.context() as patched:
        patched.setattr(cuts, "_stored", away)
        forget_looked_up()
        answer = await agent.call()

    assert answer.status_code == 200
    assert b"earlier messages=" in upstream.last.body


async def test_a_fault_of_ours_sends_the_clients_own_bytes(
    client: httpx.AsyncClient,
    upstream: FakeUpstream,
    policy: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tracker.gateway import turn

    def broken(*_: Any) -> Any:
        raise RuntimeError("a fault")

    await policy()
    monkeypatch.setattr(turn, "digests_of", broken)
    agent = Agent(client)
    body = json.dumps(agent.body).encode()
    answer = await agent.call()

    assert (answer.status_code, upstream.last.body) == (200, body)
