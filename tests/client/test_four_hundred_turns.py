"""README's two lines keep a long agent alive, cheaper than never compressing."""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path
from typing import Any

from tests.domain.cuts.prompt_cache import Part, PromptCache
from tracker.client import BudgetClient
from tracker.domain.counting.measure import Measure
from tracker.domain.dialects.rules import flaws_of

TURNS, WINDOW, SECONDS_A_TURN = 400, 24_000, 20
WORDS = ("tide", "lock", "gate", "harbour", "survey", "report", "pump", "valve")


def turn(number: int, chance: random.Random) -> list[dict[str, Any]]:
    """A call and what it gave: some 150 tokens."""
    said = " ".join(chance.choices(WORDS, k=100))
    spec = {"name": "read", "arguments": json.dumps({"path": f"src/file_{number}.py"})}
    call = {"id": f"call_{number}", "type": "function", "function": spec}
    return [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {
            "role": "tool",
            "tool_call_id": f"call_{number}",
            "content": f"{number} {said}",
        },
    ]


class Sized:
    """Messages as parts of a request, each measured once."""

    def __init__(self) -> None:
        self.known: dict[bytes, Part] = {}

    def parts(self, messages: list[Any]) -> list[Part]:
        return [
            self._part(json.dumps(message).encode(), message) for message in messages
        ]

    def _part(self, raw: bytes, message: Any) -> Part:
        if raw not in self.known:
            self.known[raw] = Part(raw, Measure().message(message))
        return self.known[raw]


async def test_an_agent_of_400_turns_lives_and_costs_less(
    state: Path, url: str, key: str
) -> None:
    def live() -> tuple[float, float, int]:
        chance = random.Random(5)
        messages: list[Any] = [{"role": "user", "content": "Survey the northern lock."}]
        ours, never = PromptCache(), PromptCache()
        sized, longest = Sized(), 0
        history = sized.parts(messages)
        with BudgetClient(url, key, session="long") as budget:
            for number in range(TURNS):
                at = number * SECONDS_A_TURN
                done = budget.optimize(messages, window_tokens=WINDOW)
                sent = list(done.messages)
                assert done.error == ""
                assert flaws_of("openai_chat", sent) == ()
                sent_parts = sized.parts(sent)
                longest = max(longest, sum(part.tokens for part in sent_parts))
                ours.request(sent_parts, at)
                never.request(history, at)
                new = turn(number, chance)
                messages = [*messages, *new]
                history += sized.parts(new)
        return ours.cost, never.cost, longest

    cost, plain, longest = await asyncio.to_thread(live)

    assert longest < WINDOW
    assert cost < plain
