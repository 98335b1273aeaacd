"""Agents that outgrow their window, and what is stored of it."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.gateway.agents import PATHS, Agent, filled, plain, sent_messages
from tests.gateway.fake_upstream import FakeUpstream
from tests.gateway.provider_rules import MOST_MARKS
from tests.gateway.turn.conftest import WINDOW


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


async def test_a_cut_outlives_a_restart_byte_for_byte(
    client: httpx.AsyncClient, upstream: FakeUpstream, policy: Any, rows: Any
) -> None:
    from tracker.gateway.compression import compressor
    from tracker.gateway.cuts import forget_looked_up
    from tracker.gateway.judgement import judge
    from tracker.gateway.request.conversation import conversations
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
