"""A conversation that grows is read from where it grew, and comes out the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.api.intake import growing
from tracker.api.intake.growing import GrowingFillings
from tracker.domain.composition.filling import definition_weights, filling_of

KEY = (1, "s", "main")
CALL = {"type": "tool_use", "id": "t", "name": "Read", "input": {"file_path": "a.py"}}
RESULT = {"type": "tool_result", "tool_use_id": "t", "content": "text"}
MESSAGES: list[dict[str, Any]] = [
    {"role": "user", "content": "Look"},
    {"role": "assistant", "content": "Which file?"},
    {"role": "assistant", "content": [CALL]},
    {"role": "user", "content": [RESULT]},
]


@given(
    st.lists(st.sampled_from(MESSAGES), min_size=1, max_size=12),
    st.lists(st.integers(0, 12), max_size=4),
    st.integers(0, 3),
)
def test_it_is_as_if_read_at_once(
    messages: list[dict[str, Any]], cuts: list[int], context: int
) -> None:
    fillings = GrowingFillings()
    sizes = [len(str(message)) for message in messages]
    more: dict[str, Any] = {"context_tokens": context, "tools": [{"name": "Read"}]}
    for end in [*cuts, len(messages)]:
        part = messages[:end]
        if not part:
            continue
        found = fillings.filling(KEY, part, sizes[:end], **more)
        expected = filling_of(part, sizes[:end], **more)
        assert found.packed() == expected.packed()
        assert found.take_added() == expected.take_added()


def test_only_what_is_new_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    def counted(messages: Any, *args: Any, **more: Any) -> Any:
        read.append(len(messages))
        return filling_of(messages, *args, **more)

    monkeypatch.setattr(growing, "filling_of", counted)
    fillings = GrowingFillings()
    fillings.filling(KEY, MESSAGES[:2], [1, 2])
    fillings.filling(KEY, MESSAGES, [1, 2, 3, 4])
    # Another lane; messages of other sizes; another first message: all is read.
    fillings.filling((1, "s", "helper"), MESSAGES, [1, 2, 3, 4])
    fillings.filling(KEY, MESSAGES, [1, 2, 3, 5])
    fillings.filling(KEY, [MESSAGES[1], *MESSAGES[1:]], [1, 2, 3, 5])

    assert read == [2, 2, 4, 4, 4]


def test_the_oldest_lanes_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growing, "MOST_LANES", 2)
    fillings = GrowingFillings()
    for lane in ("a", "b", "c"):
        fillings.filling((1, "s", lane), MESSAGES[:1], [1])

    assert [key[2] for key in fillings._known] == ["b", "c"]


def test_tools_that_were_offered_before_are_not_weighed_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    weighed: list[Any] = []

    def noted(tools: Any) -> dict[str, int]:
        weighed.append(tools)
        return definition_weights(tools)

    monkeypatch.setattr(growing, "definition_weights", noted)
    fillings = GrowingFillings()
    offers: list[Any] = [[{"name": name}] for name in ("Read", "Read", "Edit", "Read")]
    for tools in offers:
        found = fillings.filling(KEY, MESSAGES[:1], [1], tools=tools)
        assert found.tools == definition_weights(tools)
    assert weighed == [offers[0], offers[2]]

    monkeypatch.setattr(growing, "LONGEST_OFFER", 5)
    for _ in range(2):
        fillings.filling(KEY, MESSAGES[:1], [1], tools=[{"name": "Too long"}])
    assert len(weighed) == 4
