"""What a trial says in a sentence is what its table says in numbers."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from tracker.domain.budget.backtest import Backtest, Totals
from tracker.pages.policies.what_if import _rules, what_if


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


def test_the_label_of_a_low_threshold_stands_where_it_is_not_cut() -> None:
    levels = {"critical": 900_000, "compress": 600_000, "warning": 100_000}

    rules = _rules(None, SimpleNamespace(tokens=levels), 1_000_000)

    assert [rule["anchor"] for rule in rules] == ["end", "end", "start"]
    warning = rules[-1]
    assert warning["x"] < warning["icon_x"] < warning["text_x"]
