from __future__ import annotations

import pytest

from tracker.domain.counting.counters import EstimatedCounter, count_conversation

EMPTY = {"role": "user", "content": ""}


@pytest.mark.parametrize(
    ("model", "frame"),
    [
        ("gpt-4o", 7),
        ("claude-sonnet-4-5", 7),
        ("claude-opus-4-7", 11),
        ("claude-opus-4-8", 6),
        ("my-model", 7),
    ],
)
def test_a_request_with_one_empty_message_costs_its_frame(
    model: str, frame: int
) -> None:
    parts = count_conversation([EMPTY], model=model, counter=EstimatedCounter())

    assert parts.history == parts.total == frame


def test_a_call_with_its_result_costs_claude_80_tokens_beyond_the_text() -> None:
    call = {"type": "tool_use", "id": "t", "name": "", "input": ""}
    result = {"type": "tool_result", "tool_use_id": "t", "content": ""}
    pair = [
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [result]},
    ]
    model = "claude-opus-4-6"

    without = count_conversation([EMPTY], model=model, counter=EstimatedCounter())
    parts = count_conversation([EMPTY, *pair], model=model, counter=EstimatedCounter())

    assert parts.total - without.total == 80
