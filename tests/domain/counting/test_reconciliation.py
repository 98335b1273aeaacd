from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.counting.reconciliation import divergence
from tracker.domain.reports import Parts

FULL = Parts(system=2_000, history=90_000, user_context=3_000, tools=5_000)


@pytest.mark.parametrize("reported", [90_910, 100_000, 111_111])
def test_within_10_percent_of_the_report_nothing_is_said(reported: int) -> None:
    assert divergence(FULL, reported) is None


@pytest.mark.parametrize("reported", [90_909, 111_112])
def test_beyond_10_percent_the_ratio_and_a_cause_are_said(reported: int) -> None:
    answer = divergence(FULL, reported)

    assert answer is not None
    assert answer.ratio == reported / 100_000
    assert "tokens" in answer.likely_cause


def test_what_was_not_sent_along_is_suspected_first() -> None:
    answer = divergence(Parts(history=30_000), 70_000)

    assert answer is not None
    assert answer.likely_cause == (
        "40,000 tokens more were reported than counted: probably the system prompt "
        "and the tool definitions, which were not sent along."
    )


@pytest.mark.parametrize(
    ("counted", "reported", "words"),
    [
        (Parts(system=5, history=30), 70, "tool definitions, which were not sent"),
        (Parts(tools=5, history=30), 70, "the system prompt, which was not sent"),
        (Parts(system=5, tools=5), 70, "the messages, which were not sent"),
        (FULL, 150_000, "tokenizer probably makes more"),
        (FULL, 80_000, "tokenizer probably makes fewer"),
        (FULL, 50_000, "probably counted twice"),
        (FULL, 20_000, "the conversation was compressed or cut"),
        (FULL, 0, "the conversation was compressed or cut"),
    ],
)
def test_the_likely_cause_is_named(counted: Parts, reported: int, words: str) -> None:
    answer = divergence(counted, reported)

    assert answer is not None
    assert words in answer.likely_cause


def test_once_calibrated_the_tokenizer_is_no_longer_suspected() -> None:
    answer = divergence(FULL, 150_000, is_calibrated=True)

    assert answer is not None
    assert "something new that is not counted" in answer.likely_cause


def test_cache_that_would_fill_the_gap_is_suspected_to_be_left_out() -> None:
    answer = divergence(FULL, 20_000, cached_tokens=79_000)

    assert answer is not None
    assert "the 79,000 cached tokens are missing" in answer.likely_cause


def test_nothing_counted_is_nothing_to_compare() -> None:
    assert divergence(Parts(), 70_000) is None


TOKENS = st.integers(min_value=0, max_value=10**12)


@given(st.builds(Parts, TOKENS, TOKENS, TOKENS, TOKENS), TOKENS, TOKENS)
def test_a_cause_is_named_exactly_where_they_differ_much(
    counted: Parts, reported: int, cached: int
) -> None:
    answer = divergence(counted, reported, cached_tokens=cached)

    close = 10 * abs(reported - counted.total) <= reported
    assert (answer is None) == (close or not counted.total)
