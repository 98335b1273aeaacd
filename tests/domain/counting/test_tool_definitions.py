from __future__ import annotations

from typing import Any

import pytest

from tracker.domain.counting.counters import count_conversation
from tracker.domain.counting.overheads import CLAUDE, OPENAI
from tracker.domain.counting.tool_definitions import tools_tokens

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "path": {"type": "string", "description": "Where."},
        "mode": {"type": "string", "enum": ["r", "w"]},
    },
}
CHAT = {
    "type": "function",
    "function": {"name": "open", "description": "Opens.", "parameters": SCHEMA},
}
RESPONSES = {
    "type": "function",
    "name": "open",
    "description": "Opens.",
    "parameters": SCHEMA,
}
ANTHROPIC = {"name": "open", "description": "Opens.", "input_schema": SCHEMA}

# 7, the line, 3 for properties, 3 and its line each, the enum's -3 and 3 an item, 12.
OPEN = (
    7
    + len("open:Opens")
    + 3
    + (3 + len("path:string:Where"))
    + (3 + len("mode:string:") - 3 + 2 * (3 + 1))
    + 12
)


@pytest.mark.parametrize("tool", [CHAT, RESPONSES, ANTHROPIC])
def test_every_shape_of_a_definition_counts_alike(tool: Any) -> None:
    assert tools_tokens([tool], len, OPENAI) == OPEN
    assert tools_tokens([tool, tool], len, OPENAI) == 2 * OPEN


def test_claude_gets_a_hidden_prompt_once_and_the_json_of_each() -> None:
    one = tools_tokens([ANTHROPIC], len, CLAUDE)

    assert one > 346 + len("open Opens path mode")
    assert tools_tokens([ANTHROPIC] * 2, len, CLAUDE) == 2 * one - 346


@pytest.mark.parametrize("none", [None, [], "", {}])
def test_without_tools_nothing_is_added(none: Any) -> None:
    assert tools_tokens(none, len, CLAUDE) == 0


def test_nested_schemas_are_counted() -> None:
    inner = {"type": "object", "properties": {"deep": {"type": "string"}}}
    properties = {
        "list": {"type": "array", "items": inner},
        "one": {"anyOf": [inner, {"type": ["null", "string"]}]},
        "odd": True,
    }
    tool = {
        "name": "f",
        "parameters": {"properties": properties, "$defs": {"x": inner}},
    }

    tokens = tools_tokens([tool], len, OPENAI)

    lines = len("f:") + len("list:array:") + len("one::") + len("odd")
    assert tokens == 19 + lines + 3 + 3 * 3 + 3 * (3 + 3 + len("deep:string:"))


def test_a_definition_without_a_name_is_counted_as_its_json() -> None:
    assert tools_tokens([{"type": "mcp"}], len, OPENAI) == len('{"type":"mcp"}')
    assert tools_tokens({"a": 1}, len, OPENAI) == len('{"a":1}')
    assert tools_tokens("free text", len, CLAUDE) == 346 + 9
    assert tools_tokens(["odd"], len, OPENAI) == len('"odd"')


def test_a_schema_of_any_depth_is_counted() -> None:
    schema: dict[str, Any] = {}
    for _ in range(5_000):
        schema = {"properties": {"a": schema}}

    tool = {"name": "f", "parameters": schema}

    assert tools_tokens([tool], len, OPENAI) == 19 + 2 + 5_000 * (6 + len("a::"))


def test_openais_published_example_counts_as_the_api_did() -> None:
    """gpt-4o's API said 101 (openai-cookbook, How_to_count_tokens_with_tiktoken)."""
    place = "The city and state, e.g. San Francisco, CA"
    unit = {
        "type": "string",
        "description": "The unit of temperature to return",
        "enum": ["celsius", "fahrenheit"],
    }
    function = {
        "name": "get_current_weather",
        "description": "Get the current weather in a given location",
        "parameters": {
            "type": "object",
            "properties": {
                "location": {"type": "string", "description": place},
                "unit": unit,
            },
            "required": ["location"],
        },
    }
    system = (
        "You are a helpful assistant that can answer to questions about the weather."
    )
    question = "What's the weather like in San Francisco?"

    parts = count_conversation(
        [{"role": "system", "content": system}, {"role": "user", "content": question}],
        tools=[{"type": "function", "function": function}],
        model="gpt-4o",
    )

    assert parts.total == 101
