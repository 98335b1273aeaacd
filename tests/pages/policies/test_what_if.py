"""What a trial says in a sentence is what its table says in numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tracker.domain.budget.backtest import Backtest, Totals
from tracker.pages.policies.what_if import what_if


def said(**tried: int) -> tuple[str, str]:
    saved = Totals()
    result = Backtest((), 9, 0, 0, saved, replace(saved, **tried))
    found = what_if(result, saved=None, tried=None, changes=["warning"], period="14d")
    return found.headline, found.sentence


@pytest.mark.parametrize(
    ("tried", "headline", "sentence"),
    [
        ({}, "Nothing would have been different", "the same events and compressions"),
        ({"warning": 155}, "With this change, 155 more warnings", "155 more warnings"),
        (
            {"compressions": 1, "warning": 2},
            "With this change, 1 more compression",
            "1 more compression, 2 more warnings",
        ),
        (
            {"tokens_to_free": 900},
            "With this change, 900 more tokens to free",
            "900 more tokens to free",
        ),
    ],
)
def test_each_row_that_differs_is_said(
    tried: dict[str, int], headline: str, sentence: str
) -> None:
    assert said(**tried) == (f"{headline} over the last 14 days", sentence)
