"""What counts a text: the estimate, a model's encoding, and which it says it was."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.counting import counters as counting
from tracker.domain.counting.counters import (
    count_conversation,
    count_tokens,
    estimate_tokens,
    token_counter,
)
from tracker.domain.counting.tokenizers import encodings
from tracker.domain.counting.tokenizers.encodings import forget_encodings


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
