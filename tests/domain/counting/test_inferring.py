"""The rest of a window gets a name."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.counting.inferring import MOST_HIDDEN_TOKENS, infer_parts
from tracker.domain.reports import Parts

few = st.integers(0, 200_000)
counts = st.builds(Parts, few, few, few, few)


def test_what_the_first_request_holds_beyond_its_text_is_the_system_prompt() -> None:
    first, _ = infer_parts(41_000, Parts(history=1_000), 40_000)
    later, _ = infer_parts(61_000, Parts(history=11_000), 40_000)

    assert (first.system, first.history, first.unattributed) == (40_000, 1_000, 0)
    assert (later.system, later.history, later.unattributed) == (40_000, 21_000, 0)


def test_where_the_system_prompt_is_known_the_hidden_rest_is_the_tools() -> None:
    parts, _ = infer_parts(20_000, Parts(system=4_000, history=1_000), 15_000)

    assert (parts.system, parts.tools, parts.history) == (4_000, 15_000, 1_000)


def test_where_both_are_known_the_estimate_of_the_text_was_too_small() -> None:
    counted = Parts(system=4_000, tools=9_000, history=3_000, user_context=1_000)
    parts, _ = infer_parts(21_000, counted, 4_000)

    assert (parts.system, parts.tools) == (4_000, 9_000)
    assert (parts.history, parts.user_context) == (6_000, 2_000)


def test_a_beginning_that_is_missing_stays_unattributed() -> None:
    parts, _ = infer_parts(180_000, Parts(history=1_000), 179_000)

    assert parts.system == MOST_HIDDEN_TOKENS
    assert parts.unattributed == 59_000


@given(st.integers(0, 1_000_000), counts, st.none() | few)
def test_parts_add_up_and_none_is_negative(
    total: int, counted: Parts, hidden: int | None
) -> None:
    parts, is_inferred = infer_parts(total, counted, hidden)

    assert parts.total == total
    assert is_inferred == (counted.total < total)
    values = (parts.system, parts.history, parts.user_context, parts.tools)
    assert min(*values, parts.unattributed) >= 0
