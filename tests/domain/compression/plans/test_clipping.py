"""Shortening one kept message."""

from __future__ import annotations

import copy

import pytest

from tests.domain.compression.conversations import PICTURE
from tracker.domain.compression.plans.clipping import (
    IMAGE_REMOVED,
    clip_message,
    clip_text,
    is_clippable,
    without_images,
)
from tracker.domain.compression.plans.kept_clipping import (
    clip_largest,
    clippable_tokens,
)
from tracker.domain.conversation.messages import read_message, read_messages
from tracker.domain.counting.counters import estimate_tokens
from tracker.domain.counting.measure import Measure

MEASURE = Measure()
LONG = "".join(f"line {n} of the log\n" for n in range(800))


def test_the_middle_goes_and_both_ends_stay():
    clipped = clip_text(LONG, 100, estimate_tokens)

    assert estimate_tokens(clipped) <= 100
    assert clipped.startswith("line 0 of the log\nline 1")
    assert clipped.endswith("line 799 of the log\n")
    assert " characters cut]… " in clipped


@pytest.mark.parametrize("text", ["", "short"])
def test_what_fits_is_not_touched(text):
    assert clip_text(text, 100, estimate_tokens) is text


def test_a_clipped_text_is_never_longer():
    assert clip_text("twelve chars", 1, estimate_tokens) == "twelve chars"


def test_a_counter_that_is_not_linear_is_obeyed():
    def by_lines(text):
        return text.count("\n") * 3 + 1

    assert by_lines(clip_text("a" * 9_000 + "\n" * 900, 200, by_lines)) <= 200


@pytest.mark.parametrize(
    "content",
    [
        LONG,
        [{"type": "text", "text": LONG}],
        [LONG],
        {"type": "text", "text": LONG},
        [{"type": "tool_result", "tool_use_id": "t", "content": LONG}],
        [
            {
                "type": "tool_result",
                "tool_use_id": "t",
                "content": [{"type": "text", "text": LONG}, {"type": "other"}],
            }
        ],
    ],
)
def test_every_form_of_content_is_clipped_and_keeps_its_form(content):
    raw = {"role": "user", "content": content, "name": "log"}
    before = copy.deepcopy(raw)

    data = clip_message(read_message(raw), 300, MEASURE)

    assert MEASURE.message(data) <= 310
    assert type(data["content"]) is type(content)
    assert data["name"] == "log"
    assert raw == before


def test_calls_and_empty_texts_are_left_alone():
    blocks = [
        {"type": "text", "text": ""},
        {"type": "tool_use", "id": "t", "name": "write", "input": {"text": LONG}},
        3,
    ]
    raw = {"role": "assistant", "content": blocks}

    assert clip_message(read_message(raw), 100, MEASURE) == raw


def test_no_content_stays_none():
    raw = {"role": "assistant", "content": None}

    assert clip_message(read_message(raw), 10, MEASURE) == raw
    assert without_images(read_message(raw)) == raw


@pytest.mark.parametrize(
    ("raw", "clippable"),
    [
        ({"role": "user", "content": "x"}, True),
        ({"role": "user", "content": "x", "pinned": True}, False),
        ({"role": "system", "content": "x"}, False),
        (
            {"role": "assistant", "content": [{"type": "thinking", "thinking": "x"}]},
            False,
        ),
    ],
)
def test_system_pinned_and_signed_messages_are_never_clipped(raw, clippable):
    assert is_clippable(read_message(raw)) is clippable


def image():
    source = {"type": "base64", "media_type": "image/png", "data": PICTURE}
    return {"type": "image", "source": source}


def test_images_give_way_to_a_note_wherever_they_are():
    nested = {"type": "tool_result", "tool_use_id": "t", "content": [image()]}
    raw = {"role": "user", "content": [nested, image(), {"type": "text", "text": "x"}]}
    note = {"type": "text", "text": IMAGE_REMOVED}

    data = without_images(read_message(raw))

    assert data["content"] == [
        {**nested, "content": [note]},
        note,
        {"type": "text", "text": "x"},
    ]


def sizes(messages, edits):
    return [MEASURE.message(edits.get(at, raw)) for at, raw in enumerate(messages)]


def test_tool_results_give_first_the_largest_down_to_a_common_height():
    messages = [
        {"role": "user", "content": LONG},
        {"role": "tool", "tool_call_id": "a", "content": LONG},
        {"role": "tool", "tool_call_id": "b", "content": LONG * 2},
        {"role": "tool", "tool_call_id": "c", "content": "short"},
    ]
    before = sizes(messages, {})

    edits = clip_largest(read_messages(messages), 8_000, MEASURE)

    after = sizes(messages, edits)
    assert sorted(edits) == [1, 2]
    assert sum(before) - sum(after) >= 8_000
    assert abs(after[1] - after[2]) < 50


def test_assistants_give_before_users_and_images_behind_their_texts():
    messages = [
        {"role": "user", "content": [{"type": "text", "text": LONG}, image()]},
        {"role": "assistant", "content": LONG},
    ]
    read = read_messages(messages)

    some = clip_largest(read, 3_000, MEASURE)
    most = clip_largest(read, 1_000_000, MEASURE)

    assert sorted(some) == [1]
    assert sorted(most) == [0, 1]
    assert IMAGE_REMOVED in str(most[0])
    assert clippable_tokens(read, MEASURE) > 8_000


def test_nothing_over_changes_nothing():
    read = read_messages([{"role": "user", "content": LONG}])

    assert clip_largest(read, 0, MEASURE) == {}


def test_images_stop_being_dropped_when_enough_is_free():
    messages = [{"role": "user", "content": [image()]} for _ in range(3)]

    edits = clip_largest(read_messages(messages), 60, MEASURE)

    assert len(edits) == 1


def test_an_image_cheaper_than_its_note_stays():
    tiny = {"type": "image_url", "image_url": {"url": "x", "detail": "low"}}

    def dear(text):
        return 1_000 * bool(text)

    read = read_messages([{"role": "user", "content": [tiny]}])

    assert clip_largest(read, 50, Measure(dear)) == {}


def test_a_text_that_cannot_get_shorter_is_left():
    def dear(text):
        return 1_000 * bool(text)

    read = read_messages([{"role": "user", "content": "tiny"}])

    assert clip_largest(read, 500, Measure(dear)) == {}
