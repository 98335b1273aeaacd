"""What is sent: prepared, waited for, or as it came where anything of ours fails."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import httpx
import pytest

from tests.gateway.agents import PATHS, Agent, filled
from tests.gateway.fake_upstream import FakeUpstream


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
        release.wait(120)
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
    from tracker.gateway.turn import deciding

    def broken(*_: Any) -> Any:
        raise RuntimeError("a fault")

    await policy()
    monkeypatch.setattr(deciding, "known_cut", broken)
    agent = Agent(client)
    body = json.dumps(agent.body).encode()
    answer = await agent.call()

    assert (answer.status_code, upstream.last.body) == (200, body)
