"""Parts that add up to what was reported."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.reports import Parts, attribute

tokens = st.integers(0, 10**12)


def test_what_the_parts_do_not_explain_is_unattributed() -> None:
    assert attribute(100, Parts(system=10, history=60)) == Parts(10, 60, 0, 0, 30)


def test_parts_that_are_too_large_are_scaled_in_proportion() -> None:
    assert attribute(100, Parts(system=50, history=150)) == Parts(25, 75)


def test_nothing_reported_leaves_nothing() -> None:
    assert attribute(0, Parts(system=5, tools=5)) == Parts()


@given(tokens, tokens, tokens, tokens, tokens)
def test_the_parts_add_up_to_the_total_exactly(
    total: int, system: int, history: int, context: int, tools: int
) -> None:
    parts = attribute(total, Parts(system, history, context, tools))

    assert parts.total == total
    assert min(parts.system, parts.history, parts.user_context, parts.tools) >= 0
    assert parts.unattributed >= 0
