"""A conversation counted by part, and only where it grew."""

from __future__ import annotations

import json
from types import ModuleType, SimpleNamespace

from tracker.domain.counting.counters import (
    EstimatedCounter,
    count_conversation,
    token_counter,
)
from tracker.domain.reports import Parts


def test_a_conversation_is_counted_by_part() -> None:
    text = "x" * 35
    parts = count_conversation(
        [
            {"role": "system", "content": text},
            {"role": "developer", "content": text},
            {"role": "user", "content": text},
            SimpleNamespace(
                role="assistant",
                model_dump=lambda mode, exclude_none: {"role": "a", "content": text},
            ),
            SimpleNamespace(
                role="developer",
                model_dump=lambda mode, exclude_none: {"role": "d", "content": text},
            ),
        ],
        system=[{"type": "text", "text": text}],
        user_context=text + text,
        tools=text,
        model="gpt-5",
        counter=EstimatedCounter(),
    )

    assert parts == Parts(
        system=3 * 14 + 10, history=2 * 14 + 3, user_context=20, tools=10
    )


def test_nothing_holds_nothing() -> None:
    assert count_conversation([], model="claude-opus-5") == Parts()


def test_a_conversation_without_a_counter_is_counted_for_its_model() -> None:
    messages = [{"role": "user", "content": "hello world"}]

    assert count_conversation(messages, model="gpt-5").total == 2 + 4 + 3


def test_a_picture_costs_its_size_and_not_its_base64() -> None:
    picture = {"type": "base64", "media_type": "image/png", "data": "A" * 1_000_000}
    message = {"role": "user", "content": [{"type": "image", "source": picture}]}

    parts = count_conversation([message], model="claude-opus-4-6")

    assert parts.total == 7 + 1568


def test_a_growing_conversation_counts_only_what_is_new(tokenizers: ModuleType) -> None:
    asked: list[str] = []

    def words(text: str) -> int:
        asked.append(text)
        return len(text.split())

    tokenizers.__dict__["words"] = words
    counter = token_counter("some_tokenizers.words")
    asked.clear()
    messages: list[dict[str, str]] = []
    for turn in range(50):
        messages.append({"role": "user", "content": f"turn {turn}"})
        sent = json.loads(json.dumps(messages))  # as new objects, as over the network
        assert count_conversation(sent, counter=counter).total == turn * 6 + 9

    assert asked == [f"turn {turn}" for turn in range(50)]
