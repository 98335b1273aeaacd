"""What a provider refuses: sent as it came, or rescued, or its own answer."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from aiohttp import web

from tests.gateway.agents import PATHS, Agent, filled
from tests.gateway.fake_upstream import FakeUpstream, refusal


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
