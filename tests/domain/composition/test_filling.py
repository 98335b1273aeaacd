"""Running sums of what a window holds."""

from __future__ import annotations

import json
from typing import Any

from tracker.domain.composition.filling import (
    LARGEST,
    MOST_CELLS,
    Filling,
    definition_weights,
    filling_of,
)


def read(number: int, path: str, **lines: int) -> list[dict[str, Any]]:
    """A call that reads a file, and its result."""
    called = {"type": "tool_use", "id": f"t{number}", "name": "Read",
              "input": {"file_path": path, **lines}}  # fmt: skip
    result = {"type": "tool_result", "tool_use_id": f"t{number}", "content": "text"}
    return [
        {"role": "assistant", "content": [called]},
        {"role": "user", "content": [result]},
    ]


def test_what_a_turn_added_is_told_once_and_the_largest_first() -> None:
    filling = Filling()
    call, result = read(1, "a.py")
    filling.add({"role": "user", "content": "Fix it"}, 7)
    assert filling.take_added() == "7\tuser_text\t“Fix it”"
    filling.add(call, 20)
    filling.add(result, 4812)
    assert filling.take_added() == (
        "4812\ttool_results\tRead a.py\n20\ttool_calls\tRead a.py"
    )
    assert filling.take_added() == ""


def test_only_the_same_lines_of_a_file_are_read_again() -> None:
    filling = Filling()
    for number, lines in enumerate([(1, 400), (401, 400), (1, 400)]):
        call, result = read(number, "a.py", offset=lines[0], limit=lines[1])
        filling.add(call, 10)
        filling.add(result, 100 + number)

    assert filling.reads == {
        "a.py\nlines 1 to 400": (2, 202, 102),
        "a.py\nlines 401 to 800": (1, 101, 101),
    }


def test_an_emptied_window_keeps_its_tools_alone() -> None:
    filling = Filling()
    filling.define({"Read": 10, "Bash": 5})
    for message in read(1, "a.py"):
        filling.add(message, 10)
    filling.clear()

    assert (filling.cells, filling.reads, filling.largest) == ({}, {}, [])
    assert (filling.tools, filling.called) == ({"Read": 10, "Bash": 5}, {"Read": 1})


def test_a_long_session_stays_small_and_loses_no_token() -> None:
    filling = Filling()
    for number in range(MOST_CELLS * 2):
        for message in read(number, f"src/{number}.py"):
            filling.add(message, 5)
    filling.add({"role": "user", "content": "x" * 9}, 1_000)

    assert len(filling.cells) <= MOST_CELLS + 3
    assert sum(filling.cells.values()) == MOST_CELLS * 2 * 10 + 1_000
    assert len(filling.largest) == LARGEST
    assert filling.largest[0][0] == 1_000
    assert len(filling.packed()) < 100_000


def test_a_whole_request_adds_what_begins_with_the_last_answer() -> None:
    messages = [
        {"role": "system", "content": "Be brief"},
        {"role": "user", "content": "Look"},
        *read(1, "a.py"),
        *read(2, "b.py"),
    ]
    filling = filling_of(messages, [9, 1, 2, 3, 4, 5], context_tokens=8)

    assert filling.take_added() == (
        "5\ttool_results\tRead b.py\n4\ttool_calls\tRead b.py"
    )
    assert sum(filling.cells.values()) == 1 + 2 + 3 + 4 + 5 + 8


def test_items_of_one_answer_are_one_turn() -> None:
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": "Look"},
        {"type": "reasoning", "summary": []},
        {"type": "function_call", "call_id": "1", "name": "ls", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "1", "output": "a.py"},
    ]

    assert filling_of(messages, [1, 2, 3, 4]).take_added() == (
        "4\ttool_results\tls\n3\ttool_calls\tls\n2\tthinking\t"
    )


def test_definitions_of_every_dialect_are_named_and_deferred_ones_left_out() -> None:
    tools = [
        {"name": "Read", "input_schema": {}},
        {"type": "function", "function": {"name": "ls"}},
        {"toolSpec": {"name": "bedrock"}},
        {"functionDeclarations": [{"name": "one"}, {"name": "two"}]},
        {"name": "later", "defer_loading": True},
        "nothing",
    ]

    assert list(definition_weights(tools)) == ["Read", "ls", "bedrock", "one", "two"]
    assert definition_weights("as text") == {}


def test_it_is_packed_without_what_only_reading_needs() -> None:
    assert json.loads(Filling().packed()).keys() == {
        "cells", "reads", "largest", "tools", "called", "messages",
    }  # fmt: skip
