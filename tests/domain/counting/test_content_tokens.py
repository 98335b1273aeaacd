from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.counting.content_tokens import (
    as_data,
    compact_json,
    content_tokens,
    message_tokens,
)
from tracker.domain.counting.overheads import OPENAI

# Each overhead its own decimal place, each character a token: sums can be read.
PLACES = replace(
    OPENAI, message=1_000, name=10_000, tool_call=100_000, tool_result=1_000_000
)


def tokens_of(message: Any) -> int:
    return message_tokens(message, len, PLACES)


@pytest.mark.parametrize(
    ("message", "tokens"),
    [
        ({"role": "user", "content": "abc"}, 1_003),
        ({"role": "user", "content": None}, 1_000),
        ({"role": "user"}, 1_000),
        ({"role": "user", "content": 12}, 1_002),
        ({"role": "user", "name": "bob", "content": "abc"}, 11_006),
        ({"role": "user", "name": "", "content": "abc"}, 1_003),
        ({"role": "assistant", "content": None, "refusal": "never"}, 1_005),
        (
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"id": "call_1", "function": {"name": "f", "arguments": "{}"}},
                    {"id": "call_2", "function": {"name": "g", "arguments": "{}"}},
                ],
            },
            201_006,
        ),
        (
            {"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}},
            101_003,
        ),
        ({"role": "tool", "tool_call_id": "call_1", "content": "ok"}, 1_001_002),
        ({"type": "function_call", "name": "f", "arguments": "{}"}, 101_003),
        ({"type": "function_call_output", "call_id": "c", "output": "ok"}, 1_001_002),
        (
            {"type": "message", "content": [{"type": "output_text", "text": "abcd"}]},
            1_004,
        ),
        ({"role": "assistant", "content": "", "tool_calls": ["abc", 5]}, 201_004),
        ("just text", 1_009),
    ],
)
def test_openai_messages_are_counted_with_their_frames(
    message: Any, tokens: int
) -> None:
    assert tokens_of(message) == tokens


@pytest.mark.parametrize(
    ("block", "tokens"),
    [
        ("abc", 3),
        ({"type": "text", "text": "abc", "cache_control": {"type": "ephemeral"}}, 3),
        (
            {"type": "tool_use", "id": "toolu_1", "name": "ls", "input": {"a": "é"}},
            100_000 + 2 + 3 + 2,
        ),
        (
            {"type": "tool_use", "input": {"a": [1, None, {"b": True}], "c": ()}},
            100_000 + 3 * 3 + 3 + 3 + len("1NoneTrue"),
        ),
        ({"type": "tool_result", "tool_use_id": "t", "content": "ok"}, 1_000_002),
        (
            {
                "type": "tool_result",
                "tool_use_id": "t",
                "content": [{"type": "text", "text": "ok"}, {"type": "text"}],
            },
            1_000_002 + len('{"type":"text"}'),
        ),
        ({"type": "web_search_tool_result", "content": []}, 1_000_000),
        ({"type": "thinking", "thinking": "abc", "signature": ""}, 3),
        ({"type": "thinking", "thinking": "", "signature": "A" * 1066}, 200),
        ({"type": "redacted_thinking", "data": "A" * 1066}, 200),
        ({"type": "reasoning", "summary": [], "encrypted_content": "A" * 1066}, 200),
        ({"type": "compaction", "content": "what was said"}, 13),
        (
            {"type": "document", "source": {"type": "text", "data": "a page"}},
            6,
        ),
        (
            {
                "type": "document",
                "title": "T",
                "source": {
                    "type": "content",
                    "content": [{"type": "text", "text": "x"}],
                },
            },
            2,
        ),
        (
            {"type": "new_kind", "what": "ever"},
            len('{"type":"new_kind","what":"ever"}'),
        ),
        ({"type": "image_url", "image_url": {"url": "data:,", "detail": "low"}}, 85),
        ([None, ["a", ["b"]]], 2),
        (True, 4),
    ],
)
def test_blocks_are_counted_by_what_the_model_reads(block: Any, tokens: int) -> None:
    assert content_tokens(block, len, PLACES) == tokens


def test_a_picture_in_a_tool_result_is_no_text() -> None:
    picture = {"type": "image", "source": {"type": "base64", "data": "A" * 100_000}}
    result = {"type": "tool_result", "tool_use_id": "t", "content": [picture]}

    assert content_tokens(result, len, PLACES) == 1_000_000 + 85 + 8 * 170


def test_an_sdks_object_counts_as_its_data() -> None:
    data = {"role": "user", "content": "abc"}
    sdk = SimpleNamespace(model_dump=lambda mode, exclude_none: data)

    assert as_data(sdk) == data
    assert tokens_of(sdk) == tokens_of(data)
    assert compact_json({"inner": sdk}) == '{"inner":{"role":"user","content":"abc"}}'


def test_a_content_of_any_depth_is_counted() -> None:
    deep: Any = "x"
    for _ in range(50_000):
        deep = [deep]
    arguments: Any = {}
    for _ in range(5_000):
        arguments = {"a": arguments}
    call = {"type": "tool_use", "input": arguments}

    assert content_tokens(deep, len, PLACES) == 1
    assert content_tokens(call, len, PLACES) == 100_000 + 5_000 * 4
    assert compact_json(arguments) == ""
    assert tokens_of({"role": "user", "content": [{"type": "tool_use"}]}) == 101_000


PLAIN = st.none() | st.booleans() | st.sampled_from([7, "", "x", "é\ud800"])
KINDS = ["text", "image", "image_url", "document", "tool_use", "tool_result"]
KINDS += ["thinking", "function_call", "input_audio", "file", "reasoning", "other"]
FIELDS = ["role", "content", "text", "name", "input", "arguments", "source", "data"]
FIELDS += ["url", "image_url", "function", "tool_calls", "function_call", "thinking"]
FIELDS += ["signature", "output", "summary", "file", "detail", "encrypted_content"]
BLOCKS = st.dictionaries(
    st.sampled_from([*FIELDS, "type"]),
    PLAIN | st.sampled_from(KINDS) | st.lists(PLAIN, max_size=2),
    max_size=4,
)
MESSAGES = st.dictionaries(
    st.sampled_from(FIELDS), PLAIN | BLOCKS | st.lists(PLAIN | BLOCKS), max_size=5
)


@given(MESSAGES | PLAIN | st.lists(BLOCKS, max_size=3))
def test_no_input_is_too_odd_to_count(message: Any) -> None:
    assert tokens_of(message) >= 1_000


def test_a_long_run_is_base64_where_letters_from_all_over_it_are() -> None:
    zeros = "A" * 50_000 + "b7C9" * 50_000  # a picture's first row may be empty

    assert tokens_of({"role": "user", "content": zeros}) < 100_000
    assert tokens_of({"role": "user", "content": "H" * 250_000}) >= 250_000
