"""A conversation that grows is read from where it grew, and comes out the same."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.api.intake import growing
from tracker.api.intake.growing import (
    GrowingConversations,
    ReadConversation,
    TakesLong,
)
from tracker.domain.composition.filling import definition_weights
from tracker.domain.counting.counters import EstimatedCounter, ScriptCounter

KEY = (1, "s", "main")
CALL = {"type": "tool_use", "id": "t", "name": "Read", "input": {"file_path": "a.py"}}
RESULT = {"type": "tool_result", "tool_use_id": "t", "content": "text"}
MESSAGES: list[dict[str, Any]] = [
    {"role": "user", "content": "Look"},
    {"role": "assistant", "content": "Which file?"},
    {"role": "assistant", "content": [CALL]},
    {"role": "user", "content": [RESULT]},
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": [{"type": "hologram"}]},
]
BY_SCRIPT = ScriptCounter()


def read(
    known: GrowingConversations,
    messages: Any,
    key: tuple[int, str, str] = KEY,
    *,
    text: str | None = None,
    **more: Any,
) -> ReadConversation:
    body = json.dumps(messages) if text is None else text
    more = {"counter": BY_SCRIPT, "model": ""} | more
    return known.read(key, msgspec.Raw(body.encode()), **more)


@given(
    st.lists(st.sampled_from(MESSAGES), min_size=1, max_size=12),
    st.lists(st.integers(0, 12), max_size=4),
    st.integers(0, 3),
    st.sampled_from([None, (", ", ": "), (",", ":"), (" ,\n", " : ")]),
)
def test_it_is_as_if_read_at_once(
    messages: list[dict[str, Any]],
    cuts: list[int],
    context: int,
    separators: tuple[str, str] | None,
) -> None:
    known = GrowingConversations()
    more: dict[str, Any] = {"context_tokens": context, "tools": [{"name": "Read"}]}
    for end in [*cuts, len(messages)]:
        text = json.dumps(messages[:end], separators=separators)
        found = read(known, None, text=text, **more)
        assert found == read(GrowingConversations(), None, text=text, **more)


def decoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many messages each of the following decodes."""
    counts: list[int] = []
    decoder = growing._messages

    class Counting:
        def decode(self, text: Any) -> Any:
            found = decoder.decode(text)
            counts.append(len(found))
            return found

    monkeypatch.setattr(growing, "_messages", Counting())
    return counts


def test_only_what_is_new_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    counts, known = decoded(monkeypatch), GrowingConversations()

    read(known, MESSAGES[:2])
    read(known, MESSAGES)
    read(known, MESSAGES)  # the same once more: nothing
    read(known, None, text=json.dumps(MESSAGES)[:-1] + "\n]")
    assert counts == [2, len(MESSAGES) - 2]


@pytest.mark.parametrize(
    "other",
    [
        {"key": (1, "s", "helper")},
        {"key": (2, "s", "main")},
        {"counter": EstimatedCounter()},
        {"model": "claude-opus-4-6"},
        {"messages": [MESSAGES[1], *MESSAGES[1:]]},
        {"messages": MESSAGES[:1]},
        {"text": json.dumps(MESSAGES, separators=(",", ":"))},
    ],
)
def test_another_lane_beginning_or_way_of_counting_is_read_whole(
    monkeypatch: pytest.MonkeyPatch, other: dict[str, Any]
) -> None:
    counts, known = decoded(monkeypatch), GrowingConversations()
    read(known, MESSAGES[:2])

    found = read(known, **{"messages": MESSAGES} | other)

    assert counts[1] == len(other.get("messages", MESSAGES))
    assert found == read(GrowingConversations(), **{"messages": MESSAGES} | other)


@pytest.mark.parametrize(
    "end",
    [
        ', {"role": "user", "content": 1]',
        ", 5]",
        ', "text"]',
        ', {"a": "\ud800"}]',
    ],
)
def test_what_is_no_message_is_refused_and_nothing_is_lost(end: str) -> None:
    known = GrowingConversations()
    read(known, MESSAGES[:2])

    body = (json.dumps(MESSAGES[:2])[:-1] + end).encode("utf-8", "surrogatepass")
    with pytest.raises((msgspec.DecodeError, UnicodeError)):
        known.read(KEY, msgspec.Raw(body), counter=BY_SCRIPT, model="")

    found = read(known, MESSAGES)
    assert found == read(GrowingConversations(), MESSAGES)


def test_more_than_the_event_loop_waits_for_is_left_and_nothing_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counts, known = decoded(monkeypatch), GrowingConversations()
    size = len(json.dumps(MESSAGES[2])) + len("[ ]")
    with pytest.raises(TakesLong):
        read(known, MESSAGES[:2], most_new=20)
    read(known, MESSAGES[:2])
    with pytest.raises(TakesLong):
        read(known, MESSAGES[:3], most_new=size - 1)
    read(known, MESSAGES[:3], most_new=size)

    assert counts == [2, 1]


def test_no_messages_fill_nothing() -> None:
    known = GrowingConversations()

    assert read(known, []) == ReadConversation(0, 0, 0, None, None, "", "")
    assert not known._known


def test_the_oldest_lanes_are_forgotten_beyond_so_many_bytes() -> None:
    lane = 100  # at least, as stored
    known = GrowingConversations(most_bytes=20 * lane)
    for number in range(100):
        read(known, MESSAGES[:1], (1, "s", f"lane-{number}"))
        assert known._bytes <= 20 * lane
        assert known._bytes == sum(each.bytes for each in known._known.values())

    assert 1 <= len(known._known) <= 20
    assert next(reversed(known._known))[2] == "lane-99"


def test_tools_that_were_offered_before_are_not_weighed_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    weighed: list[Any] = []

    def noted(tools: Any) -> dict[str, int]:
        weighed.append(tools)
        return definition_weights(tools)

    monkeypatch.setattr(growing, "definition_weights", noted)
    known = GrowingConversations()
    offers: list[Any] = [[{"name": name}] for name in ("Read", "Read", "Edit", "Read")]
    for tools in offers:
        found = read(known, MESSAGES[:1], tools=tools)
        assert json.loads(found.composition)["tools"] == definition_weights(tools)
    assert weighed == [offers[0], offers[2]]

    monkeypatch.setattr(growing, "LONGEST_OFFER", 5)
    for _ in range(2):
        read(known, MESSAGES[:1], tools=[{"name": "Too long"}])
    assert len(weighed) == 4


def test_tools_that_python_calls_equal_are_weighed_apart() -> None:
    known = GrowingConversations()
    for value in (1, True, 1.0):
        tools = [{"name": "Read", "strict": value}]
        found = read(known, MESSAGES[:1], tools=tools)
        assert json.loads(found.composition)["tools"] == definition_weights(tools)


def test_the_context_takes_no_new_file_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tracker.domain.composition.filling.MOST_CELLS", 2)
    known = GrowingConversations()
    for end in (1, 3, len(MESSAGES)):
        found = read(known, MESSAGES[:end], context_tokens=5)
        whole = read(GrowingConversations(), MESSAGES[:end], context_tokens=5)
        assert found == whole
