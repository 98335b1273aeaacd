"""The messages are replaced where they stand, and nothing else is."""

from __future__ import annotations

import gzip
import json

import pytest

from tracker.gateway.request.body import read_body
from tracker.gateway.request.shapes import counted_shape_of, shape_of

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

    assert read.outline.message_count == 1
    with pytest.raises(ValueError, match="was not found"):
        read.with_messages(b"[]")


def test_new_messages_behind_an_answer_are_told_from_a_whole_conversation() -> None:
    said = {"model": "gpt-5", "input": "Go on."}
    whole = read_body("responses", "", json.dumps(said).encode(), {})
    said["previous_response_id"] = "resp_1"
    more = read_body("responses", "", json.dumps(said).encode(), {})

    assert (whole.outline.is_continued, more.outline.is_continued) == (False, True)


@pytest.mark.parametrize("said", ["Go on.", {"parts": [{"text": "Go on."}]}, None])
def test_what_is_no_list_of_messages_has_a_size_and_no_messages(said: object) -> None:
    body = json.dumps({"contents": said, "messages": MESSAGES}).encode()

    read = read_body("gemini", "/models/gemini-3-pro:generateContent", body, {})

    assert (read.messages, read.outline.message_count) == ((), 0)
    assert read.outline.messages_bytes == len(json.dumps(said))


def test_the_size_of_messages_does_not_count_the_blanks_between_them() -> None:
    talk = [*MESSAGES, {"role": "assistant", "content": "Hello"}]
    dense = json.dumps({"messages": talk}, separators=(",", ":")).encode()
    loose = b'{"messages":[ %b ,\n%b ]}' % tuple(
        json.dumps(message, separators=(",", ":")).encode() for message in talk
    )

    sizes = [
        read_body("chat", "", body, {}).outline.messages_bytes
        for body in (dense, loose)
    ]

    assert sizes == [len(dense) - len(b'{"messages":}')] * 2


def test_a_call_among_the_messages_makes_an_agent_and_a_word_elsewhere_does_not() -> (
    None
):
    called = [*MESSAGES, {"role": "assistant", "tool_calls": [{"id": "c1"}]}]
    agent = json.dumps({"messages": called}).encode()
    chat = json.dumps({"messages": MESSAGES, "metadata": {"tool_calls": "0"}}).encode()

    found = [
        read_body("chat", "", body, {}).outline.has_tools for body in (agent, chat)
    ]

    assert found == [True, False]


@pytest.mark.parametrize("name", ["gzip", "GZIP", "x-gzip"])
def test_a_packed_body_is_read_by_any_name_of_its_packing(name: str) -> None:
    body = gzip.compress(json.dumps({"messages": MESSAGES}).encode())

    read = read_body("chat", "", body, {b"content-encoding": name.encode()})

    assert read.outline.message_count == 1


def test_claude_at_vertex_is_called_and_counted_by_its_addresses() -> None:
    claude = "/v1/projects/p/locations/l/publishers/anthropic/models/"
    call = claude + "claude-sonnet-4-5@20250929:streamRawPredict"
    body = json.dumps({"messages": MESSAGES}).encode()

    assert shape_of("POST", call) == "anthropic"
    assert shape_of("POST", claude + "count-tokens:rawPredict") == ""
    assert counted_shape_of("POST", claude + "count-tokens:rawPredict") == "anthropic"
    outline = read_body("anthropic", call, body, {}).outline
    assert outline.model == "claude-sonnet-4-5@20250929"
