"""A relayed request's replacement: what it covers; the rest keeps its bytes."""

from __future__ import annotations

import json

import pytest

from tests.gateway.agents import Agent
from tracker.domain.budget.policy import BudgetPolicy
from tracker.domain.compression import OptimizeRequest
from tracker.domain.compression_words import Keeping
from tracker.workers.jobs.counted import CountingOrder
from tracker.workers.jobs.relayed import (
    Relayed,
    RelayedOrder,
    compress_relayed,
    without_marks,
)

POLICY = BudgetPolicy(window_tokens=20_000, reserved_tokens=1_000)


def order(shape: str, turns: int = 36, *, held: int = 0) -> RelayedOrder:
    agent = Agent(None, shape)  # type: ignore[arg-type]  # it does not call
    for _ in range(turns):
        agent.grow()
    raws = tuple(json.dumps(m, indent=1).encode() for m in agent.messages)
    request = OptimizeRequest(
        "s", (), POLICY, window_tokens=20_000, messages_since_compression=0
    )
    counting = CountingOrder("by_script")
    return RelayedOrder(
        shape, raws, b'"Be brief."', b"[]", request, counting, Keeping("yes"), held=held
    )


@pytest.mark.parametrize("shape", ["anthropic", "chat", "responses", "gemini"])
def test_what_is_kept_keeps_its_bytes_and_the_end_is_not_covered(shape: str) -> None:
    given = order(shape)
    done = compress_relayed(given)

    assert done.replacement is not None and done.report is not None
    assert 0 < done.covered < len(given.messages)
    assert given.messages[0] in done.replacement
    assert b"earlier messages=" in done.replacement
    assert done.after_tokens < done.before_tokens * 0.7
    assert (done.report.origin, done.report.trigger) == ("gateway", "exceeded")
    assert len(json.loads(done.replacement)) < done.covered


def test_an_earlier_replacement_is_covered_whole() -> None:
    given = order("chat")
    all_but_one = len(given.messages) - 1

    done = compress_relayed(order("chat", held=all_but_one))

    assert done.covered == all_but_one


def test_nothing_is_replaced_where_nothing_is_due() -> None:
    done = compress_relayed(order("chat", turns=3))

    assert done == Relayed(None, 0, "not due", done.before_tokens, 0, 0, None)


def test_marks_go_and_all_else_stays() -> None:
    mark = {"cache_control": {"type": "ephemeral"}}
    inner = [{"type": "text", "text": "é", **mark}]
    result = {"type": "tool_result", "tool_use_id": "t", "content": inner, **mark}
    call = {"type": "tool_use", "id": "t", "name": "n", "input": {"cache_control": 1}}
    plain = b'{"role": "user",  "content": "x"}'

    found = json.loads(without_marks(json.dumps({"content": [result, call]}).encode()))

    assert without_marks(plain) is plain
    assert found["content"][1] == call
    assert found["content"][0]["content"] == [{"type": "text", "text": "é"}]
    assert "cache_control" not in found["content"][0]
