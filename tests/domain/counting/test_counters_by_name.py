"""A tokenizer named by its path or by a name of one's own."""

from __future__ import annotations

from types import ModuleType

import pytest

from tracker.domain.counting.counters import (
    token_counter,
)


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
    assert counter.reason == "no tokenizer named mine is set up"


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
