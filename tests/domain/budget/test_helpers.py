"""Which small requests of another model are helpers'."""

from __future__ import annotations

import pytest

from tracker.domain.budget.helpers import is_helper_call

BIG, SMALL = "claude-opus-4-5", "claude-haiku-4-5"


@pytest.mark.parametrize(
    ("used", "model", "before", "is_one"),
    [
        pytest.param(900, SMALL, [BIG], True, id="a title"),
        pytest.param(900, SMALL, [SMALL, BIG], True, id="two in a row"),
        pytest.param(900, SMALL, [SMALL, SMALL], False, id="the talk goes on with it"),
        pytest.param(900, SMALL, [SMALL], True, id="the second of all"),
        pytest.param(25_000, SMALL, [BIG], True, id="half"),
        pytest.param(25_001, SMALL, [BIG], False, id="more than half"),
        pytest.param(900, "claude-opus-4-5-20251101", [BIG], False, id="a dated name"),
        pytest.param(900, "", [BIG], False, id="no model named"),
    ],
)
def test_a_helper_is_small_and_another_model(
    used: int, model: str, before: list[str], is_one: bool
) -> None:
    found = is_helper_call(
        used, model, window_holds=50_000, window_model=BIG, before=before
    )

    assert found is is_one
