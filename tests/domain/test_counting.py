from __future__ import annotations

import json
import math
import sys
import threading
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain import counting, encodings
from tracker.domain.counting import (
    EstimatedCounter,
    count_conversation,
    count_tokens,
    estimate_tokens,
    token_counter,
)
from tracker.domain.encodings import forget_encodings
from tracker.domain.reports import Parts


@pytest.mark.parametrize(
    ("characters", "tokens"),
    [(0, 0), (1, 1), (3, 1), (4, 2), (7, 2), (8, 3), (700, 200)],
)
def test_the_estimate_is_characters_by_three_and_a_half_rounded_up(
    characters: int, tokens: int
) -> None:
    assert estimate_tokens("é" * characters) == tokens


@given(st.text())
def test_the_estimate_is_exact_for_any_text(text: str) -> None:
    assert estimate_tokens(text) == math.ceil(len(text) * 2 / 7)


def test_the_plain_estimate_is_named_and_needs_no_reason() -> None:
    counter = token_counter("estimated", "gpt-5")

    assert counter.count("x" * 7) == 2
    assert (counter.source, counter.reason) == ("estimated", None)
    assert counter.name == "characters / 3.5"


@pytest.mark.parametrize(
    ("model", "text", "tokens"),
    [
        ("gpt-5", "hello world", 2),
        ("", "hello world", 2),
        ("gpt-4o", "Привет, мир", 4),
        ("gpt-4", "Привет, мир", 6),
        ("gpt-5", "<|endoftext|>", 7),
        ("gpt-5", "", 0),
    ],
)
def test_tokens_are_counted_by_the_models_encoding(
    model: str, text: str, tokens: int
) -> None:
    assert count_tokens(text, model) == tokens


def test_counting_says_which_tokenizer_counted() -> None:
    counter = token_counter("counted", "azure/gpt-4")

    assert (counter.name, counter.source, counter.reason) == (
        "cl100k_base",
        "counted",
        None,
    )


def test_claude_is_an_estimate_with_a_factor_and_a_reason() -> None:
    text = "The quick brown fox jumps over the lazy dog. " * 10
    counter = token_counter("counted", "claude-sonnet-4-5-20250929")

    assert counter.source == "estimated"
    assert counter.name == "o200k_base × 1.18"
    assert counter.reason is not None and "no public tokenizer" in counter.reason
    plain = count_tokens(text, "gpt-5")
    assert counter.count(text) == (plain * 118 + 50) // 100


def test_another_vendors_model_says_that_o200k_stands_in() -> None:
    counter = token_counter("counted", "gemini-2.5-pro")

    assert (counter.name, counter.source) == ("o200k_base", "estimated")
    assert counter.reason is not None and "stands in" in counter.reason


@pytest.fixture
def nothing_loaded() -> Iterator[None]:
    before = dict(encodings._loaded)
    forget_encodings()
    counting._family_counter.cache_clear()
    yield
    encodings._loaded.update(before)
    counting._family_counter.cache_clear()


def test_without_a_vocabulary_the_estimate_says_why(
    nothing_loaded: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encodings, "_candidates", lambda name: [])
    counter = token_counter("counted", "gpt-5")

    assert counter.count("x" * 7) == 2
    assert counter.source == "estimated"
    assert counter.reason is not None
    assert "no vocabulary o200k_base on this machine" in counter.reason
    monkeypatch.undo()
    forget_encodings()
    assert token_counter("counted", "gpt-5").source == "counted"


def test_the_plain_estimate_loads_no_vocabulary(nothing_loaded: None) -> None:
    count_conversation(
        [{"role": "user", "content": "x"}],
        model="gpt-5",
        counter=token_counter("estimated", "gpt-5"),
    )

    assert encodings._loaded == {}


@pytest.mark.parametrize(
    "text", ["a\ud800b", "\udfff", " " * 2_000_000, "\x00\U0010ffff"]
)
def test_no_text_is_too_odd_to_count(text: str) -> None:
    assert count_tokens(text, "gpt-5") > 0


@pytest.fixture
def tokenizers(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = ModuleType("some_tokenizers")
    monkeypatch.setitem(sys.modules, "some_tokenizers", module)
    counting._own_counter.cache_clear()
    counting._cache.cache_clear()
    return module


def test_another_tokenizer_is_taken_by_its_dotted_path(tokenizers: ModuleType) -> None:
    tokenizers.__dict__["words"] = lambda text: len(text.split())
    tokenizers.__dict__["tokens"] = lambda text: text.split()

    for path in ("some_tokenizers.words", "some_tokenizers.tokens"):
        counter = token_counter(path, "any")
        assert counter.count("one two three") == 3
        assert (counter.name, counter.source, counter.reason) == (path, "counted", None)


def test_a_tokenizer_with_a_name_is_shown_by_it(tokenizers: ModuleType) -> None:
    tokenizers.__dict__["words"] = lambda text: text.split()

    counter = token_counter("mine=some_tokenizers:words", "any")

    assert counter.count("one two three") == 3
    assert (counter.name, counter.source) == ("mine (some_tokenizers:words)", "counted")


def test_a_name_that_is_not_set_up_is_estimated_and_says_so() -> None:
    counter = token_counter("mine=")

    assert (counter.count("x" * 7), counter.source) == (2, "estimated")
    assert counter.reason == "no tokenizer named mine is set up here"


@pytest.mark.parametrize(
    "path",
    ["nonsense", "no.such.module", "some_tokenizers.none", "some_tokenizers.bad"],
)
def test_a_tokenizer_that_cannot_count_is_replaced_by_the_estimate(
    path: str, tokenizers: ModuleType
) -> None:
    tokenizers.__dict__["bad"] = lambda text: -1
    counter = token_counter(path)

    assert (counter.count("x" * 7), counter.source) == (2, "estimated")
    assert counter.reason is not None and path in counter.reason


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


def test_many_threads_count_alike() -> None:
    texts = [f"text number {n} " * 20 for n in range(50)]
    expected = [count_tokens(text, "gpt-5") for text in texts]
    answers: list[list[int]] = []
    counting._cache("o200k_base").clear()

    def work() -> None:
        answers.append([count_tokens(text, "gpt-5") for text in texts])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [expected] * 4
