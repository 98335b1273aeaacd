"""The columns above the list stay within their height, however many sessions."""

from __future__ import annotations

import pytest

from tracker.pages.charts.spread import FLOOR, SQUARE, TALLEST, drawn
from tracker.reading.sessions.active import STEPS, Spread


def spread_of(active: int, idle: int) -> Spread:
    found = Spread([[] for _ in range(STEPS)], [0] * STEPS)
    found.active[20] += ["warning"] * active
    found.idle[20] = idle
    return found


@pytest.mark.parametrize("active", [1, 5, 6, 2_000])
def test_each_active_session_has_a_square_of_its_own(active: int) -> None:
    found = drawn(spread_of(active, 0))

    assert len(found.active) == active
    assert len({box.y for box in found.active}) == active
    assert all(FLOOR - TALLEST - SQUARE <= box.y < FLOOR for box in found.active)
    assert {box.level for box in found.active} == {"warning"}


def test_idle_ones_share_a_column_and_nobody_has_none() -> None:
    found = drawn(spread_of(0, 215))

    (column,) = found.idle
    assert column.y + column.height == FLOOR
    assert (found.active, found.active_total, found.idle_total) == ([], 0, 215)
    assert drawn(spread_of(0, 0)).idle == []


def test_a_column_stands_over_the_gauges_below_it() -> None:
    (box,) = drawn(spread_of(1, 0)).active

    assert 100 * 0.80 / 1.12 <= box.x <= box.x + box.width <= 100 * 0.84 / 1.12
