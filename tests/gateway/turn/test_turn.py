"""What a call is: whose bytes, which limits, and which conversations are left alone."""

from __future__ import annotations

import json
from typing import Any

import httpx

from tests.gateway.agents import PATHS, Agent, filled
from tests.gateway.fake_upstream import FakeUpstream


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
