"""A long conversation costs in proportion to its length.

Executed lines are counted instead of seconds: the number is the same on every machine.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tracker.domain.budget.policy import BudgetPolicy
from tracker.domain.compression import OptimizeRequest
from tracker.workers.jobs.compress import compress_and_review

# Four times the messages may cost this much more. Were the cost the square, 16 times.
MOST_TIMES = 6
FEW_WORDS = ("deploy", "server", "merge", "branch", "retry", "queue")
FEW_WORDS += ("build", "test", "review", "cache", "index", "config")


def orders(at: int) -> dict[str, Any]:
    """Each says something that must not be lost, in words that all share."""
    role = "assistant" if at % 2 else "user"
    text = f"You must never call the deploy tool {at} with the port of step {at + 7}."
    return {"role": role, "content": text}


def pinned(at: int) -> dict[str, Any]:
    """Every fourth stays, so the summary's place has many gaps to look at."""
    role = "assistant" if at % 2 else "user"
    block = {"type": "text", "text": f"step {at} went well and took {at * 3} seconds"}
    return {"role": role, "content": [block], "pinned": at % 4 == 0}


def few_words(at: int) -> dict[str, Any]:
    """Nine of twelve words in each sentence, which must not be lost either."""
    chance = random.Random(at)
    role = "assistant" if at % 2 else "user"
    said = (" ".join(chance.sample(FEW_WORDS, 9)) for _ in range(3))
    return {"role": role, "content": " ".join(f"Never {words}." for words in said)}


def work(message: Callable[[int], dict[str, Any]], size: int) -> int:
    """Lines of Python executed to compress and review `size` messages."""
    messages = [message(at) for at in range(size)]
    request = OptimizeRequest(
        session_id="s",
        messages=messages,
        policy=BudgetPolicy(),
        force=True,
        window_tokens=max(8_000, 20 * size),
    )
    lines = 0

    def trace(_frame: Any, event: str, _argument: Any) -> Any:
        nonlocal lines
        lines += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        result, review = compress_and_review(request)
    finally:
        sys.settrace(before)
    assert result.compressed and review is not None
    return lines


@pytest.mark.parametrize("message", [orders, pinned, few_words])
def test_four_times_the_messages_cost_about_four_times_as_much(message):
    assert work(message, 1_200) < MOST_TIMES * work(message, 300)
