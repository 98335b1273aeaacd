"""Messages of other dialects: counted whole, never compressed by halves."""

from __future__ import annotations

import base64
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.conversation.message_pieces import MessageError
from tracker.domain.counting.counters import ScriptCounter, count_conversation
from tracker.domain.dialects.detecting import dialect_of
from tracker.domain.dialects.reading import check_supported, read_dialect, readable

TEXT = "The gate of the northern lock opens at half past six. " * 20
NOISE = base64.b64encode(random.Random(4).randbytes(40_000)).decode()
IN_ADDRESS = f"data:image/png;base64,{NOISE}"
CALL = {"city": "Bergen", "days": 3}

SPOKEN: dict[str, list[dict[str, Any]]] = {
    "gemini": [
        {"role": "user", "parts": [{"text": TEXT}]},
        {"role": "model", "parts": [{"functionCall": {"name": "tide", "args": CALL}}]},
        {
            "role": "user",
            "parts": [{"functionResponse": {"name": "tide", "response": {"cm": 40}}}],
        },
    ],
    "bedrock": [
        {"role": "user", "content": [{"text": TEXT}]},
        {
            "role": "assistant",
            "content": [{"toolUse": {"toolUseId": "t", "name": "tide", "input": CALL}}],
        },
        {
            "role": "user",
            "content": [
                {"toolResult": {"toolUseId": "t", "content": [{"json": {"cm": 40}}]}}
            ],
        },
    ],
    "ai_sdk": [
        {"role": "user", "content": [{"type": "text", "text": TEXT}]},
        {
            "role": "assistant",
            "content": [
                {
                    "type": "tool-call",
                    "toolCallId": "t",
                    "toolName": "tide",
                    "input": CALL,
                }
            ],
        },
        {
            "role": "tool",
            "content": [
                {
                    "type": "tool-result",
                    "toolCallId": "t",
                    "toolName": "tide",
                    "output": {"type": "text", "value": "40 cm"},
                }
            ],
        },
    ],
    "langchain": [
        {"type": "human", "content": TEXT},
        {
            "type": "ai",
            "content": "",
            "tool_calls": [{"name": "tide", "args": CALL, "id": "t"}],
        },
        {"type": "tool", "content": "40 cm", "tool_call_id": "t"},
    ],
}
PLAIN = [
    {"role": "user", "content": TEXT},
    {
        "role": "assistant",
        "content": [{"type": "tool_use", "id": "t", "name": "tide", "input": CALL}],
    },
    {
        "role": "user",
        "content": [{"type": "tool_result", "tool_use_id": "t", "content": "40 cm"}],
    },
]


def size(messages: list[Any]) -> int:
    return count_conversation(readable(messages), counter=ScriptCounter()).total


@pytest.mark.parametrize("dialect", SPOKEN)
def test_a_conversation_weighs_about_the_same_in_every_dialect(dialect: str) -> None:
    assert dialect_of(SPOKEN[dialect]) == dialect
    assert abs(size(SPOKEN[dialect]) - size(PLAIN)) <= 25


@pytest.mark.parametrize("dialect", SPOKEN)
def test_every_dialect_is_supported(dialect: str) -> None:
    check_supported(SPOKEN[dialect])


def test_the_known_shapes_pass_as_they_are() -> None:
    assert readable(PLAIN) == PLAIN
    assert dialect_of(PLAIN) == "anthropic"
    check_supported(PLAIN)


@pytest.mark.parametrize(
    "content",
    [
        {"type": "image", "source": {"type": "base64", "data": NOISE}},
        {"type": "image", "data": NOISE, "mimeType": "image/png"},
        {"type": "image_url", "image_url": {"url": IN_ADDRESS}},
        {
            "type": "file",
            "data": f"data:image/png;base64,{NOISE}",
            "mediaType": "image/png",
        },
        {"type": "file", "base64": NOISE, "mime_type": "application/pdf"},
        {"type": "audio", "base64": NOISE, "mime_type": "audio/wav"},
        {"type": "input_audio", "input_audio": {"data": NOISE, "format": "wav"}},
        {"type": "media", "mime_type": "video/mp4", "data": NOISE},
        {"image": {"format": "png", "source": {"bytes": NOISE}}},
        {"document": {"format": "pdf", "name": "a", "source": {"bytes": NOISE}}},
        {"type": "resource", "resource": {"uri": "file:///a", "blob": NOISE}},
        {"type": "tool_result", "tool_use_id": "t", "content": NOISE},
        {"type": "tool_use", "id": "t", "name": "save", "input": {"picture": NOISE}},
        {"type": "text", "text": f"![screen]({IN_ADDRESS})"},
    ],
)
def test_base64_is_never_counted_as_text(content: dict[str, Any]) -> None:
    tokens = size([{"role": "user", "content": [content]}])

    assert 1 <= tokens <= 6_000  # as text: 20,000 and more


@pytest.mark.parametrize(
    "part", [{"inlineData": {"mimeType": "image/png", "data": NOISE}}]
)
def test_geminis_media_are_media(part: dict[str, Any]) -> None:
    assert size([{"role": "user", "parts": [part]}]) <= 6_000


def test_a_long_line_of_one_sign_is_text() -> None:
    assert size([{"role": "user", "content": "-" * 7_000}]) >= 2_000


@pytest.mark.parametrize(
    "message", [{"role": "user"}, {"role": "user", "said": "a word"}]
)
def test_a_message_that_says_nothing_is_named(message: dict[str, Any]) -> None:
    with pytest.raises(MessageError, match=r"messages\[1\]: says nothing"):
        readable([PLAIN[0], message])


def test_a_part_of_no_known_kind_is_named() -> None:
    with pytest.raises(MessageError, match="part 0 of Gemini contents"):
        readable([{"role": "user", "parts": [{"hologram": "x"}]}])


UNKNOWN = {"type": "hologram", "layers": [TEXT]}


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "content": [{"type": "text", "text": "Look"}, UNKNOWN]},
        {"role": "user", "content": [UNKNOWN]},
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "t", "content": [UNKNOWN]}
            ],
        },
        {"type": "human", "content": [UNKNOWN]},
        {"type": "hologram", "content": TEXT},
        {"role": "user", "parts": [{"text": "Look"}, {"hologram": TEXT}]},
        {"role": "user", "content": [{"text": "Look"}, {"hologram": TEXT}]},
    ],
)
def test_an_unknown_kind_is_named_and_never_counted(message: dict[str, Any]) -> None:
    with pytest.raises(MessageError, match=r"messages\[1\]: .*hologram"):
        readable([PLAIN[0], message])

    found = read_dialect([PLAIN[0], message])
    assert found.unread is not None and found.unread.index == 1
    rest = count_conversation(found.messages, counter=ScriptCounter()).total
    assert size(PLAIN[:1]) <= rest <= size(PLAIN[:1]) + 50


@pytest.mark.parametrize("content", [[UNKNOWN], {"type": "hologram"}, 7])
def test_optimize_refuses_blocks_of_no_known_kind(content: Any) -> None:
    with pytest.raises(MessageError) as caught:
        check_supported([*PLAIN, {"role": "user", "content": content}])

    assert caught.value.index == 3


def test_a_ui_message_of_ai_sdk_4_counts_its_tools() -> None:
    told = {"state": "result", "toolName": "tide", "args": CALL, "result": TEXT}
    message = {
        "role": "assistant",
        "content": "It is high.",
        "parts": [
            {"type": "text", "text": "It is high."},
            {"type": "tool-invocation", "toolInvocation": told},
        ],
    }

    assert size([message]) >= size([PLAIN[0]])


@pytest.mark.parametrize("kind", ["audio_url", "video_url"])
def test_media_behind_an_address_of_their_kind_are_weighed(kind: str) -> None:
    block = {"type": kind, kind: {"url": f"data:application/x;base64,{NOISE}"}}

    assert 1 <= size([{"role": "user", "content": [block]}]) <= 200


def test_results_within_results_are_counted_as_data() -> None:
    block: dict[str, Any] = {"text": TEXT}
    for _ in range(400):
        block = {"toolResult": {"toolUseId": "t", "content": [block]}}

    assert size([{"role": "user", "content": [block]}]) > 0


NAMES = st.sampled_from(
    [
        "role", "type", "content", "parts", "text", "image", "document", "source",
        "toolUse", "toolResult", "functionCall", "functionResponse", "inlineData",
        "tool_calls", "lc", "kwargs", "id", "data", "output", "args", "mime_type",
    ]
)  # fmt: skip
WORDS = st.sampled_from(
    ["user", "human", "ai", "text", "file", "tool-call", "tool-result", "media", ""]
)
LEAF = st.none() | st.booleans() | st.integers(-1, 2) | WORDS
ANYTHING = st.recursive(
    LEAF,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.lists(st.dictionaries(NAMES, ANYTHING, max_size=5), max_size=3))
def test_any_message_is_counted_or_refused_as_what_it_is(
    messages: list[dict[str, Any]],
) -> None:
    try:
        assert size(messages) >= 0
        check_supported(messages)
    except MessageError as error:
        assert 0 <= error.index < len(messages)


SHOWN = {"data": NOISE, "mimeType": "image/png"}


@pytest.mark.parametrize(
    "message",
    [
        {
            "role": "tool",
            "content": [
                {
                    "type": "tool-result",
                    "output": {
                        "type": "content",
                        "value": [
                            {"type": "text", "text": "Seen"},
                            {"type": "media", "mediaType": "image/png", "data": NOISE},
                        ],
                    },
                }
            ],
        },
        {
            "role": "user",
            "parts": [
                {"functionResponse": {"response": {}, "parts": [{"inlineData": SHOWN}]}}
            ],
        },
        {
            "type": "computer_call_output",
            "output": {"type": "computer_screenshot", "image_url": IN_ADDRESS},
        },
    ],
)
def test_a_picture_in_a_tool_s_result_costs_what_a_picture_costs(
    message: dict[str, Any],
) -> None:
    assert 1_400 <= size([message]) <= 1_600


@pytest.mark.parametrize(
    "message",
    [
        {"type": "mcp_call", "name": "f", "arguments": "{}", "output": TEXT},
        {
            "role": "assistant",
            "content": [
                {
                    "type": "bash_code_execution_tool_result",
                    "content": {
                        "type": "bash_code_execution_result",
                        "stdout": TEXT,
                        "content": [],
                    },
                }
            ],
        },
    ],
)
def test_what_a_provider_s_own_tool_answers_is_counted(message: dict[str, Any]) -> None:
    assert size([message]) >= size([PLAIN[0]])


@pytest.mark.parametrize("role", ["user", "assistant", "tool", "developer", "model"])
@pytest.mark.parametrize("after", [[], SPOKEN["gemini"], SPOKEN["ai_sdk"]])
def test_a_plain_message_is_read_as_one_that_is_looked_at_closely(
    role: str, after: list[dict[str, Any]]
) -> None:
    """A role and a text are let pass; a third field has the message looked through."""
    plain = {"role": role, "content": TEXT}
    found = read_dialect([plain, *after])
    closely = read_dialect([{**plain, "id": None}, *after])

    assert found.messages == [plain, *closely.messages[1:]]
    assert (found.dialect, found.unread) == (closely.dialect, closely.unread)
