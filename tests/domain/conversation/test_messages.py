"""Reading the shapes of both providers."""

from __future__ import annotations

import pickle

import pytest

from tests.domain.compression.conversations import PICTURE
from tracker.domain.conversation.message_pieces import MessageError
from tracker.domain.conversation.messages import (
    message_tokens,
    read_message,
    read_messages,
)
from tracker.domain.counting.counters import (
    EstimatedCounter,
    count_conversation,
    estimate_tokens,
)
from tracker.domain.counting.measure import Measure


@pytest.mark.parametrize(
    ("raw", "role", "text"),
    [
        ({"role": "user", "content": "hi"}, "user", "hi"),
        ({"role": "developer", "content": "be kind"}, "system", "be kind"),
        ({"role": "model", "content": ["a", "b"]}, "assistant", "a\nb"),
        ({"role": "narrator", "content": "once"}, "user", "once"),
        ({"role": "assistant", "content": None, "refusal": "no"}, "assistant", "no"),
        ({"role": "user", "content": {"type": "text", "text": "one"}}, "user", "one"),
        ({"role": "tool", "tool_call_id": "c", "content": "42"}, "tool", "42"),
        ({"role": "function", "name": "f", "content": "42"}, "tool", "42"),
        ({"role": "user", "content": None}, "user", ""),
        ({"role": "user", "content": [7, {"type": "text", "text": "x"}]}, "user", "x"),
    ],
)
def test_roles_and_texts_of_plain_messages(raw, role, text):
    message = read_message(raw)

    assert (message.role, message.text) == (role, text)


def test_openai_calls_are_pieces_with_their_ids():
    call = {"id": "c1", "type": "function"}
    call["function"] = {"name": "find", "arguments": '{"q":"caf\\u00e9"}'}
    custom = {"id": "c2", "type": "custom", "custom": {"name": "run", "input": "ls"}}
    raw = {"role": "assistant", "content": "Look.", "tool_calls": [call, custom, "?"]}

    message = read_message(raw)

    assert message.call_ids == ("c1", "c2")
    assert message.text == 'Look.\n→ find({"q":"café"})\n→ run(ls)'


def test_arguments_that_are_no_json_stay_as_they_are():
    call = {"id": "c1", "function": {"name": "f", "arguments": "{bad \\u00"}}

    assert (
        read_message({"role": "assistant", "tool_calls": [call]}).text
        == "→ f({bad \\u00)"
    )


def test_an_object_as_arguments_is_written_as_json():
    call = {"id": "c1", "function": {"name": "f", "arguments": {"a": 1}}}

    assert (
        read_message({"role": "assistant", "tool_calls": [call]}).text == '→ f({"a":1})'
    )


def test_the_old_function_call_pairs_by_name():
    asked = {"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}}
    told = {"role": "function", "name": "f", "content": "1"}

    assert read_message(asked).call_ids == read_message(told).result_ids == ("f",)


def test_anthropic_results_make_a_tool_message():
    blocks = [
        {
            "type": "tool_result",
            "tool_use_id": "t1",
            "content": [
                {"type": "text", "text": "rows"},
                {"type": "image", "source": {"type": "url", "url": "https://x/y.png"}},
            ],
        },
        {"type": "tool_result", "tool_use_id": "t2", "content": None},
        {"type": "text", "text": "and now?"},
    ]

    message = read_message({"role": "user", "content": blocks})

    assert message.role == "tool"
    assert message.result_ids == ("t1", "t2")
    assert message.text == "rows\nand now?"
    assert [piece.images for piece in message.pieces] == [1, 0, 0]


def test_anthropic_blocks_are_told_apart():
    blocks = [
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "redacted_thinking", "data": "QUJD"},
        {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": "é"}},
        {"type": "server_tool_use", "id": "s1", "name": "web", "input": {"q": 1}},
        {"type": "document", "source": {"type": "text", "data": "page"}},
        {"type": "document", "source": {"type": "base64", "data": "QUJD"}},
        {"type": "mystery", "value": 3},
    ]

    message = read_message({"role": "assistant", "content": blocks})

    assert message.has_thinking
    assert message.call_ids == ("t1",)
    assert [piece.kind for piece in message.pieces] == [
        "thinking",
        "thinking",
        "call",
        "other",
        "file",
        "file",
        "other",
    ]
    assert message.text == ('hm\n→ f({"a":"é"})\n{"q":1}\npage\nvalue: 3')


def test_reasoning_beside_the_content_is_thinking():
    raw = {"role": "assistant", "content": "4", "reasoning_content": "2 + 2"}

    assert read_message(raw).has_thinking
    assert read_message(raw).text == "2 + 2\n4"


def test_base64_is_no_text():
    image = {"type": "image", "source": {"type": "base64", "data": PICTURE * 99}}
    raw = {"role": "user", "content": [image]}

    assert read_message(raw).text == ""
    assert 100 < message_tokens(raw, estimate_tokens) < 2_000


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ("text", "must be an object"),
        ({"content": "x"}, "role is missing"),
        ({"role": 3, "content": "x"}, "role is missing"),
        ({"role": "user", "content": 7}, "content must be a string"),
    ],
)
def test_what_is_no_message_is_refused_with_its_place(raw, why):
    with pytest.raises(MessageError, match=rf"messages\[1\]: {why}"):
        read_messages([{"role": "user", "content": "fine"}, raw])


def test_sizes_are_those_of_reports():
    messages = [{"role": "user", "content": "x" * 350}]

    parts = Measure(estimate_tokens).context(messages, system="y" * 35)

    assert parts == count_conversation(
        messages, system="y" * 35, counter=EstimatedCounter()
    )


def test_the_error_crosses_processes():
    error = pickle.loads(pickle.dumps(MessageError(3, "no")))

    assert (error.index, error.message, str(error)) == (3, "no", "messages[3]: no")
