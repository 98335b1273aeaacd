from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import pytest

from tracker.domain.counting.tokenizers.own import (
    OwnTokenizer,
    TokenizerFailed,
    TokenizerUnavailable,
    failures_of,
    forget_failures,
    load_tokenizer,
)


@pytest.fixture(autouse=True)
def without_failures() -> Iterator[None]:
    forget_failures()
    yield
    forget_failures()


class Seven:
    """A number that is no int, as numpy has them."""

    def __index__(self) -> int:
        return 7


@pytest.mark.parametrize("path", ["tests.house_tokenizers:words", "builtins.len"])
def test_a_path_may_be_written_with_a_colon_or_a_dot(path: str) -> None:
    assert load_tokenizer(path, "mine")("a b c") in (3, 5)


@pytest.mark.parametrize(
    ("answer", "tokens"), [(3, 3), ([1, 2], 2), ("abcd", 4), (Seven(), 7), (0, 0)]
)
def test_a_number_or_anything_with_a_length_is_an_answer(
    answer: Any, tokens: int
) -> None:
    assert OwnTokenizer("mine", lambda text: answer)("x") == tokens


@pytest.mark.parametrize(
    "path",
    ["nonsense", "no.such:module", "builtins:nothing", "builtins:NotImplemented"],
)
def test_what_cannot_be_had_says_why(path: str) -> None:
    with pytest.raises(TokenizerUnavailable, match=r"^mine cannot count: ") as raised:
        load_tokenizer(path, "mine")

    assert raised.value.__cause__ is not None
    assert failures_of("mine") is None


@pytest.mark.parametrize("answer", [-1, None, 2.5])
def test_what_is_no_count_is_a_failure(answer: Any) -> None:
    with pytest.raises(TokenizerFailed):
        OwnTokenizer("mine", lambda text: answer)("x")


def test_a_failure_is_remembered_without_the_text() -> None:
    tokenizer = load_tokenizer("tests.house_tokenizers:picky", "mine")

    for _ in range(3):
        with pytest.raises(TokenizerFailed) as raised:
            tokenizer("unspeakable secret")

    assert str(raised.value) == "mine failed on a text: UnicodeError"
    assert failures_of("mine") == (
        "mine failed on a text: UnicodeError, 3 times so far"
    )
    assert failures_of("other") is None


def test_a_failure_in_a_worker_reaches_its_caller() -> None:
    again = pickle.loads(pickle.dumps(TokenizerFailed("mine failed")))

    assert isinstance(again, TokenizerFailed)
    assert str(again) == "mine failed"
