"""The messages are replaced where they stand, and nothing else is."""

from __future__ import annotations

import json

import pytest

from tracker.gateway.request_body import read_body

MESSAGES = [{"role": "user", "content": "Hi"}]


@pytest.mark.parametrize("gap", ["", " ", "\n\t "])
def test_the_same_messages_in_a_tools_example_stay(gap: str) -> None:
    tool = json.dumps({"name": "ask", "examples": MESSAGES, "messages": "of a tool"})
    array = json.dumps(MESSAGES)
    body = f'{{"tools": [{tool}], "messages":{gap}{array}, "max_tokens": 5}}'

    read = read_body("anthropic", "", body.encode(), {})
    found = read.with_messages(b'[{"role":"user","content":"Other"}]').decode()

    changed = '[{"role":"user","content":"Other"}]'
    assert found == (
        f'{{"tools": [{tool}], "messages":{gap}{changed}, "max_tokens": 5}}'
    )


def test_a_name_with_escapes_is_not_found_and_nothing_is_changed() -> None:
    body = json.dumps({"messages": MESSAGES}).replace("messages", "m\\u0065ssages")

    read = read_body("anthropic", "", body.encode(), {})

    assert read.facts.message_count == 1
    with pytest.raises(ValueError, match="was not found"):
        read.with_messages(b"[]")


def test_new_messages_behind_an_answer_are_told_from_a_whole_conversation() -> None:
    said = {"model": "gpt-5", "input": "Go on."}
    whole = read_body("responses", "", json.dumps(said).encode(), {})
    said["previous_response_id"] = "resp_1"
    more = read_body("responses", "", json.dumps(said).encode(), {})

    assert (whole.facts.is_continued, more.facts.is_continued) == (False, True)
