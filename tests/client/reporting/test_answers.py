"""What whole answers and events of streams say of their usage."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tracker.client.reporting.answers import Answer, occupancy, read_answer

START = {"input_tokens": 3, "cache_read_input_tokens": 600, "output_tokens": 1}
WHOLE = {"prompt_tokens": 1000, "completion_tokens": 37}


def seen(*events: Any) -> Answer:
    answer = Answer()
    for event in events:
        answer.see(event)
    return answer


def thing(value: Any) -> Any:
    """The same as objects: some clients' events are none of an SDK's."""
    if isinstance(value, dict):
        return SimpleNamespace(**{key: thing(item) for key, item in value.items()})
    return value


MESSAGE = {"id": "msg_1", "model": "claude", "usage": START}
ANTHROPIC_EVENTS = [
    {"type": "message_start", "message": MESSAGE},
    {"type": "content_block_delta", "delta": {"text": "Paris"}},
    {"type": "ping"},
    {"type": "message_delta", "usage": {"output_tokens": 29, "input_tokens": None}},
]


@pytest.mark.parametrize("form", [lambda event: event, thing], ids=["dicts", "objects"])
def test_a_delta_completes_what_the_start_began(form: Any) -> None:
    answer = seen(*map(form, ANTHROPIC_EVENTS))

    assert answer.usage == {**START, "output_tokens": 29}
    assert (answer.response_id, answer.model) == ("msg_1", "claude")


@pytest.mark.parametrize("form", [lambda event: event, thing], ids=["dicts", "objects"])
@pytest.mark.parametrize(
    "event",
    [
        {"id": "a", "model": "gpt", "choices": [], "usage": WHOLE},
        {"type": "chunk", "chunk": {"id": "a", "model": "gpt", "usage": WHOLE}},
        {
            "type": "response.completed",
            "response": {"id": "a", "model": "gpt", "usage": WHOLE},
        },
        {
            "type": "response.incomplete",
            "response": {"id": "a", "model": "gpt", "usage": WHOLE},
        },
    ],
    ids=["chunk", "helper", "completed", "incomplete"],
)
def test_the_last_word_of_a_stream_has_it_all(event: Any, form: Any) -> None:
    other = form({"id": "a", "choices": [{}], "usage": None})

    answer = seen(other, form(event), other)

    assert (answer.usage, answer.response_id, answer.model) == (WHOLE, "a", "gpt")


@pytest.mark.parametrize(
    "event", [None, 7, "text", {}, [], pytest.param(object(), id="object")], ids=repr
)
def test_events_that_say_nothing_do_no_harm(event: Any) -> None:
    assert seen(event).usage == {}


def test_a_whole_answer_is_read_without_its_nulls() -> None:
    usage = {"input_tokens": 3, "cache_read_input_tokens": None}

    answer = read_answer({"id": None, "model": 5, "usage": usage})

    assert answer == Answer({"input_tokens": 3}, "", "")


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [(START, 603), (WHOLE, 1000), ({}, 0), ({"input_tokens": -1}, 0)],
    ids=str,
)
def test_occupancy_is_the_domains(usage: dict[str, int], tokens: int) -> None:
    assert occupancy(usage) == tokens
