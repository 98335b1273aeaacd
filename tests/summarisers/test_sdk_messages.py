"""Conversations of the real SDKs go through `optimize` and are accepted back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from anthropic import Anthropic
from openai import OpenAI

from tests.summarisers.fake_provider import FakeProvider, running_provider
from tracker.domain.budget.policy import BudgetPolicy
from tracker.domain.compression import ContextOptimizer

POLICY = BudgetPolicy(window_tokens=6_000, reserved_tokens=0)
SAID = "Day {0}: row_{0} costs {0}00 euros and was moved to shelf {0}b by Caroline. "


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with running_provider() as fake:
        yield fake


def answers(turns: int) -> list[dict]:
    """Two calls at once in every turn, then text."""
    queued: list[dict] = []
    for turn in range(turns):
        queued.append({"text": "Reading.", "calls": [f"c{turn}a", f"c{turn}b"]})
        queued.append({"text": SAID.format(turn) * 3})
    return queued


def test_openai_s_objects_are_accepted_back(provider):
    turns = 14
    provider.answers = answers(turns + 3)
    messages: list = [{"role": "system", "content": "Be kind."}]
    compressions = 0

    with OpenAI(api_key="k", base_url=provider.url, max_retries=0) as client:

        def ask() -> None:
            # Every request is checked for pairs; a 400 would raise here.
            answer = client.chat.completions.create(model="fake", messages=messages)
            messages.append(answer.choices[0].message)

        for turn in range(turns):
            messages.append({"role": "user", "content": SAID.format(turn) * 4})
            ask()
            for call in messages[-1].tool_calls:
                text = SAID.format(turn) * 9
                messages.append(
                    {"role": "tool", "tool_call_id": call.id, "content": text}
                )
            outcome = ContextOptimizer(POLICY).optimize_messages("s", messages)
            compressions += outcome.compressed
            messages = list(outcome.messages)
            ask()

    assert compressions >= 2
    assert any("<earlier messages" in str(m) for m in provider.requests[-1]["messages"])


def test_anthropic_s_objects_are_accepted_back(provider):
    turns = 14
    provider.answers = answers(turns + 3)
    messages: list = []
    compressions = 0

    with Anthropic(api_key="k", base_url=provider.url, max_retries=0) as client:

        def ask() -> list:
            answer = client.messages.create(
                model="fake", max_tokens=100, system="Be kind.", messages=messages
            )
            messages.append({"role": "assistant", "content": answer.content})
            return answer.content

        for turn in range(turns):
            messages.append({"role": "user", "content": SAID.format(turn) * 4})
            blocks = ask()
            results = [
                {
                    "type": "tool_result",
                    "tool_use_id": block.id,
                    "content": SAID.format(turn) * 9,
                }
                for block in blocks
                if block.type == "tool_use"
            ]
            messages.append({"role": "user", "content": results})
            outcome = ContextOptimizer(POLICY).optimize_messages(
                "s", messages, system="Be kind."
            )
            compressions += outcome.compressed
            messages = list(outcome.messages)
            ask()

    assert compressions >= 2
    assert any("<earlier messages" in str(m) for m in provider.requests[-1]["messages"])


def test_the_fake_refuses_what_providers_refuse(provider):
    orphan = [{"role": "tool", "tool_call_id": "x", "content": "42"}]
    twice = [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]

    openai = OpenAI(api_key="k", base_url=provider.url, max_retries=0)
    with openai, pytest.raises(Exception, match="no tool call found"):
        openai.chat.completions.create(model="fake", messages=orphan)
    anthropic = Anthropic(api_key="k", base_url=provider.url, max_retries=0)
    with anthropic, pytest.raises(Exception, match="must alternate"):
        anthropic.messages.create(model="fake", max_tokens=9, messages=twice)
