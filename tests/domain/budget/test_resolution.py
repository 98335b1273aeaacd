"""Which policy judges, field by field."""

from __future__ import annotations

from tracker.domain.budget.policy import Threshold
from tracker.domain.budget.resolution import PolicyBook, ScopedPolicy

DEFAULT = ScopedPolicy("default", "default", {"window_tokens": 200_000})
MODEL = ScopedPolicy(
    "claude", "model", {"reserved_tokens": 20_000}, model_pattern="claude-*"
)
LONG = ScopedPolicy(
    "opus", "model", {"reserved_tokens": 30_000}, model_pattern="claude-opus-*"
)
PROJECT = ScopedPolicy("search", "project", {"message_limit": 40}, project_id=1)
BOTH = ScopedPolicy(
    "search opus",
    "project_model",
    {"warning": Threshold.percent(70)},
    project_id=1,
    model_pattern="claude-opus-*",
)
SESSION = ScopedPolicy("one", "session", {"mode": "advise"}, session_id=7)


def test_each_field_comes_from_the_most_specific_policy_that_says_it() -> None:
    book = PolicyBook([SESSION, BOTH, PROJECT, LONG, MODEL, DEFAULT])

    found = book.policy_for(1, "Claude-Opus-4-6", 7)

    assert found.policy.name == "one"
    assert found.policy.mode == "advise"
    assert found.policy.warning == Threshold.percent(70)
    assert found.policy.message_limit == 40
    assert found.policy.reserved_tokens == 30_000
    assert found.origins["reserved_tokens"] == "opus"
    assert found.origins["keep_first"] == "built-in default"


def test_policies_of_others_do_not_apply() -> None:
    book = PolicyBook([SESSION, BOTH, PROJECT, MODEL, DEFAULT])

    found = book.policy_for(2, "gpt-5", 8)

    assert found.policy.name == "default"
    assert found.policy.message_limit == 20


def test_the_window_is_the_policys_then_the_catalogues_then_the_default() -> None:
    own = ScopedPolicy("own", "model", {"window_tokens": 50_000}, model_pattern="mine")
    book = PolicyBook([DEFAULT, own], window_of={"gpt-5": 272_000, "mine": 1}.get)

    windows = [
        (found.window_tokens, found.window_source)
        for found in (book.policy_for(1, m) for m in ("mine", "gpt-5", "other", ""))
    ]

    assert windows == [
        (50_000, "policy"),
        (272_000, "catalogue"),
        (200_000, "default"),
        (200_000, "default"),
    ]


def test_a_combination_that_contradicts_itself_loses_its_most_specific_part() -> None:
    low = ScopedPolicy(
        "low", "project", {"compress": Threshold.percent(60)}, project_id=1
    )
    high = ScopedPolicy(
        "high", "project_model", {"warning": Threshold.percent(90)},
        project_id=1, model_pattern="*",
    )  # fmt: skip
    book = PolicyBook([DEFAULT, low, high])

    found = book.policy_for(1, "m")

    assert found.policy.name == "default"
    assert "is ignored" in found.problem


def test_a_catalogue_window_that_the_reserve_swallows_is_not_used() -> None:
    book = PolicyBook([DEFAULT], window_of={"tiny": 2_048}.get)

    found = book.policy_for(1, "tiny")

    assert found.window_tokens == 200_000
    assert found.window_source == "default"
    assert found.problem
