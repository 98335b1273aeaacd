"""A score says how far it can be believed."""

from __future__ import annotations

import pytest

from tracker.domain.review.reliability import AGENTS, TALKS, expected, score_meaning


@pytest.mark.parametrize("rows", [AGENTS, TALKS])
def test_every_score_has_a_range_around_its_share(rows: tuple) -> None:
    for row in rows:
        assert 0 <= row.low <= row.share <= row.high <= 1
    assert [row.below for row in rows] == sorted(row.below for row in rows)
    assert rows[-1].below > 1


def test_the_sentence_says_share_and_range() -> None:
    text = score_meaning(0.77)

    assert text.startswith("0.77 of the replaced words")
    assert "about 0.64 of what an agent needed later" in text
    assert "between 0.22 and 1.00" in text
    assert "about 0.42 of what was asked later" in score_meaning(0.77, is_talk=True)
    assert "Nothing was lost" in score_meaning(1.0)
    assert "unknown" in score_meaning(None)
    assert expected(0.0, is_talk=True) is TALKS[0]
