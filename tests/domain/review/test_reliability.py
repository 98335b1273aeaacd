"""A score is a calibrated share, and says how sure it is."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tracker.domain.review.reliability import (
    AGENTS,
    SCORE_VERSION,
    TALKS,
    calibrated,
    score_meaning,
    score_words,
)


@pytest.mark.parametrize("knots", [AGENTS, TALKS])
def test_more_words_never_score_less(knots: tuple) -> None:
    for left, right in pairwise(knots):
        assert left.words < right.words
        assert left.share <= right.share <= 1
        assert 0 <= right.low <= right.high <= 1


def test_a_score_lies_between_its_knots() -> None:
    assert calibrated(0.747, is_talk=False) == pytest.approx(0.689)
    assert 0.689 < calibrated(0.8, is_talk=False) < 0.812
    assert calibrated(0.749, is_talk=True) == pytest.approx(0.399)
    assert (calibrated(0.0, is_talk=True), calibrated(1.0, is_talk=True)) == (0, 0.785)


def test_the_sentence_says_share_and_range() -> None:
    text = score_meaning(0.689)

    assert text.startswith("0.69 of what an agent needs later is expected")
    assert "a single conversation kept anything from none to all" in text
    assert "8 of 10 conversations kept 0.35 to 0.42" in score_meaning(0.4, is_talk=True)
    assert "what is asked later" in score_meaning(0.4, is_talk=True)
    assert "Nothing was lost" in score_meaning(1.0)
    assert "unknown" in score_meaning(None)


def test_a_score_stored_before_keeps_its_meaning() -> None:
    assert score_words(1) == "of the removed content is still readable"
    assert "needed later" in score_words(SCORE_VERSION)
