"""The requests of an agent as the gateway sends them, by its own steps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.gateway.agents import Agent
from tracker.domain.budget.policy import BudgetPolicy, Threshold
from tracker.domain.compression import OptimizeRequest
from tracker.domain.compression_words import Keeping
from tracker.domain.cuts.cut import Cut
from tracker.domain.cuts.digests import RawDigests
from tracker.workers.jobs.counted import CountingOrder
from tracker.workers.jobs.relayed import RelayedOrder, compress_relayed


def sent_bodies(
    agent: Agent, turns: int, window: int, compress: float = 85
) -> Iterator[dict[str, Any]]:
    """Compressed from `compress` % of the available tokens, 85 by default."""
    due = Threshold.percent(compress)
    policy = BudgetPolicy(window_tokens=window, compress=due, warning=due)
    limits = policy.limits(window)
    digests, cut = RawDigests(), None
    for _ in range(turns):
        agent.grow()
        raws = [json.dumps(message).encode() for message in agent.body["messages"]]
        body = _sent(agent, cut)
        if len(json.dumps(body)) // 4 >= limits.compress_tokens:
            chain = digests.chain(raws)
            held = json.loads(cut.replacement) if cut else []
            behind = raws[cut.message_count :] if cut else raws
            sent = (*(json.dumps(m).encode() for m in held), *behind)
            done = compress_relayed(
                RelayedOrder(
                    "anthropic", sent, json.dumps(body["system"]).encode(),
                    json.dumps(body["tools"]).encode(),
                    OptimizeRequest("agent", (), policy, window_tokens=window,
                                    messages_since_compression=0, force=True),
                    CountingOrder("by_script", floor_tokens=limits.compress_tokens),
                    Keeping("no"), held=len(held),
                )
            )  # fmt: skip
            assert done.replacement is not None
            earlier = cut.message_count - len(held) if cut else 0
            count = done.covered + earlier
            cut = Cut(count, chain[count - 1], done.replacement)
            body = _sent(agent, cut)
        yield body


def _sent(agent: Agent, cut: Cut | None) -> dict[str, Any]:
    body = agent.body
    if cut is None:
        return body
    rest = body["messages"][cut.message_count :]
    return body | {"messages": [*json.loads(cut.replacement), *rest]}
