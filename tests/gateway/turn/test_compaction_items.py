"""What OpenAI's own compaction leaves stays in the input for ever."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.gateway.agents import PATHS, Agent, filled
from tests.gateway.fake_upstream import FakeUpstream

ITEM = {"type": "compaction", "id": "cmp_1", "encrypted_content": "gAAA" * 40}


def items_of(upstream: FakeUpstream) -> list[list[Any]]:
    """The compaction items of each request that arrived."""
    return [
        [item for item in asked.json["input"] if item.get("type") == "compaction"]
        for asked in upstream.asked
    ]


@pytest.mark.parametrize("place", [0, 1, 9])
async def test_a_compaction_item_is_in_every_request_as_it_came(
    client: httpx.AsyncClient,
    upstream: FakeUpstream,
    policy: Any,
    rows: Any,
    place: int,
) -> None:
    await policy(cooldown_seconds=0)
    agent = Agent(client, "responses")
    for _ in range(5):
        agent.grow()
    agent.messages.insert(place, ITEM)

    await filled(agent, rows)
    for _ in range(3):
        assert (await agent.call()).status_code == 200

    assert items_of(upstream) == [[ITEM]] * len(upstream.asked)
    assert len(upstream.last.json["input"]) < len(agent.messages) - 4


async def test_asking_for_a_compaction_is_measured_and_left_to_the_provider(
    client: httpx.AsyncClient, upstream: FakeUpstream, policy: Any, rows: Any
) -> None:
    await policy()
    agent = Agent(client, "responses")
    while len(str(agent.body)) < 70_000:  # compression is due
        agent.grow()
    headers = {"X-Token-Budget-Session": agent.session}

    answer = await client.post(
        PATHS["responses"] + "/compact", json=agent.body, headers=headers
    )
    (sample,) = await rows("UsageSample")
    (call,) = await rows("GatewayCall")
    agent.messages = [*answer.json()["output"], agent.messages[0]]
    await agent.call()

    assert upstream.asked[0].json["input"] != []
    assert len(upstream.asked[0].json["input"]) > 50
    assert (call.action, call.input_tokens) == ("untouched", sample.input_tokens)
    assert sample.used_tokens > 15_000
    assert upstream.last.json["input"] == agent.messages[:2]
    ours = [row for row in await rows("Compression") if row.performed_by != "client"]
    assert ours == []
