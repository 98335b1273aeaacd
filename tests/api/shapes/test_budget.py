"""The budget of an answer is the budget that live messages bring."""

from __future__ import annotations

import json
from typing import get_args

import msgspec
import pytest

from tracker.domain.budget.policy import BudgetPolicy
from tracker.domain.budget.status import LEVELS, evaluate
from tracker.domain.reports import Parts


@pytest.mark.parametrize("used", [0, 163_072, 170_000, 190_000, 250_000])
def test_an_answer_and_a_live_message_say_the_same_in_the_same_order(used: int) -> None:
    from tracker.api.shapes.budget import Budget

    status = evaluate(
        BudgetPolicy(),
        used,
        parts=Parts(1, 2, 3, 4, max(0, used - 10)),
        message_count=9,
    )

    answered = msgspec.json.encode(Budget.of(status)).decode()

    assert json.dumps(json.loads(answered)) == json.dumps(status.as_dict())


def test_a_level_is_one_of_the_domains() -> None:
    from tracker.api.shapes.fields import Level

    (_, meta) = get_args(Level)
    assert tuple(meta.extra_json_schema["enum"]) == LEVELS
