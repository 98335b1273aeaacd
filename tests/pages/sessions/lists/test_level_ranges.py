"""What stands under the levels' names: the thresholds that judged the list's rows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from tracker.domain.budget.policy import BudgetPolicy, Threshold
from tracker.domain.budget.resolution import PolicyBook
from tracker.pages.sessions.lists.level_ranges import applied_ranges


def rows(*policies: BudgetPolicy) -> list[Any]:
    return [SimpleNamespace(effective=SimpleNamespace(policy=p)) for p in policies]


def test_one_policy_gives_its_numbers_and_a_mark_for_each() -> None:
    found = applied_ranges([], rows(BudgetPolicy(), BudgetPolicy()), PolicyBook())

    assert found.texts == {
        "ok": "under 80 %",
        "warning": "80 to 85 %",
        "compress": "85 to 95 %",
        "critical": "95 to 100 %",
        "exceeded": "over 100 %",
    }
    assert [mark.text for mark in found.marks] == ["80", "85", "95"]
    assert found.marks[0].x == 71.43
    assert found.target is not None and found.target.text == "60"


def test_where_rows_differ_the_level_says_so_and_has_no_mark() -> None:
    early = BudgetPolicy(warning=Threshold.percent(70))

    found = applied_ranges([], rows(BudgetPolicy(), early), PolicyBook())

    assert found.texts["warning"] == found.texts["ok"] == "by policy"
    assert found.texts["critical"] == "95 to 100 %"
    assert [mark.text for mark in found.marks] == ["85", "95"]


def test_a_threshold_in_tokens_is_named_and_has_no_place_on_a_common_scale() -> None:
    fixed = BudgetPolicy(warning=Threshold(tokens=150_000))

    found = applied_ranges([], rows(fixed), PolicyBook())

    assert found.texts["warning"] == "150,000 tokens to 85 %"
    assert [mark.text for mark in found.marks] == ["85", "95"]


def test_without_rows_the_projects_own_policy_is_shown() -> None:
    found = applied_ranges([SimpleNamespace(pk=1)], [], PolicyBook())

    assert found.texts["warning"] == "80 to 85 %"
