from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks

from tracker.reading.tokenizers import counting_choices, counting_method


def problems() -> list[Any]:
    return [found for found in run_checks() if found.id == "tracker.E001"]


def test_tokenizers_that_count_start(settings: Any) -> None:
    settings.TOKEN_BUDGET_TOKENIZERS = {"mine": "tests.house_tokenizers:words"}

    assert problems() == []


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("not_installed:count", "No module named 'not_installed'"),
        ("tests.house_tokenizers:gone", "no attribute 'gone'"),
        ("builtins:print", "cannot count"),
    ],
)
def test_one_that_cannot_count_stops_the_start_and_says_what_to_do(
    path: str, words: str, settings: Any
) -> None:
    settings.TOKEN_BUDGET_TOKENIZERS = {"mine": path}

    (found,) = problems()

    assert f"mine ({path})" in found.msg and words in found.msg
    assert "take it out of the setting" in found.hint


def test_a_method_can_be_used_without_the_settings(settings: Any) -> None:
    settings.TOKEN_BUDGET_TOKENIZERS = {"mine": "package.module:function"}

    assert counting_method("counted") == "counted"
    assert counting_method("mine") == "mine=package.module:function"
    assert counting_method("gone") == "gone="


def test_a_choice_that_is_gone_stays_on_offer_where_it_is_set(settings: Any) -> None:
    settings.TOKEN_BUDGET_TOKENIZERS = {"mine": "package.module:function"}

    assert [name for name, _ in counting_choices("gone")] == [
        "",
        "by_script",
        "estimated",
        "counted",
        "mine",
        "gone",
    ]
    assert "gone" not in dict(counting_choices("mine"))
