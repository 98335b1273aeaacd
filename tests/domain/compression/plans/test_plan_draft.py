"""The sentence that says what a plan came to."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tracker.domain.compression.plans.plan_draft import _verdict


@pytest.mark.parametrize(
    ("tiers", "after", "begins"),
    [
        ([], 262, "nothing to free: 262 tokens stay, target 235"),
        # Messages without a word went, and no tier was needed for it.
        ([], 243, "262 to 243 tokens, target 235 missed by 8"),
        (["clip"], 230, "262 to 230 tokens, target 235 met"),
    ],
)
def test_what_was_freed_and_what_is_missing(
    tiers: list[str], after: int, begins: str
) -> None:
    rules = SimpleNamespace(target_tokens=235, fixed_tokens=50)
    draft: Any = SimpleNamespace(rules=rules, before=262, tiers=tiers, tokens=243)

    assert _verdict(draft, after).startswith(begins)
