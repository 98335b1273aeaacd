"""Items of Responses and Gemini become messages, and none is lost on the way."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.gateway.agents import Agent
from tracker.domain.conversation.messages import read_messages
from tracker.domain.dialects.relayed_items import (
    GEMINI,
    RESPONSES,
    as_messages,
    changed_items,
    summary_item,
)


def talk(shape: str, turns: int = 3) -> list[dict[str, Any]]:
    agent = Agent(None, shape)  # type: ignore[arg-type]  # it does not call
    for _ in range(turns):
        agent.grow()
    return agent.messages


@pytest.mark.parametrize("shape", [RESPONSES, GEMINI, "chat", "anthropic"])
def test_every_item_is_in_one_group_and_reads_as_a_message(shape: str) -> None:
    items = talk(shape)
    grouped = as_messages(shape, items)
    read = read_messages(grouped.messages)

    assert [at for group in grouped.groups for at in group] == list(range(len(items)))
    assert [m.role for m in read] == ["user", *["assistant", "tool"] * 3]
    assert [m.call_ids for m in read[1::2]] == [m.result_ids for m in read[2::2]]
    assert "src/file_2.py" in read[3].text
    assert "E1002" in read[4].text


def test_reasoning_stands_and_falls_with_its_call() -> None:
    grouped = as_messages(RESPONSES, talk(RESPONSES))

    assert list(map(list, grouped.groups[:3])) == [[0], [1, 2, 3], [4]]
    assert read_messages(grouped.messages)[1].has_thinking


def test_a_compaction_item_and_an_unknown_one_stay() -> None:
    items = [{"type": "compaction", "encrypted_content": "x"}, {"type": "of 2027"}]
    read = read_messages(as_messages(RESPONSES, items).messages)

    assert [message.is_pinned for message in read] == [True, True]


def test_what_was_shortened_is_said_in_the_items_own_words() -> None:
    output = {"type": "function_call_output", "call_id": "c", "output": "long"}
    changed = changed_items(RESPONSES, [output], {"content": "short"})
    text = {"role": "user", "parts": [{"text": "long"}]}
    shortened = [{"type": "text", "text": "short"}]

    assert changed == [{**output, "output": "short"}]
    assert changed_items(GEMINI, [text], {"content": shortened}) == [
        {"role": "user", "parts": [{"text": "short"}]}
    ]
    call = {"role": "model", "parts": [{"functionCall": {"name": "f"}}]}
    assert changed_items(GEMINI, [call], {"content": shortened}) == [call]
    assert changed_items(RESPONSES, [output, output], {"content": ""}) is None
    assert changed_items("chat", [text], {"content": "x"}) == [{"content": "x"}]


def test_a_summary_is_a_users_message_of_its_shape() -> None:
    for shape in (RESPONSES, GEMINI, "chat"):
        item = summary_item(shape, "what was")
        assert item["role"] == "user"
        assert "what was" in json.dumps(item)
