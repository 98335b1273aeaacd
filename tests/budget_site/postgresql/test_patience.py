"""Work that has less patience than a statement's limit waits less."""

from __future__ import annotations

from budget_site.postgresql.patience import at_most, patience


def test_the_shorter_of_both_limits_holds_while_the_work_goes_on() -> None:
    with patience(0.25):
        within = at_most(20.0), at_most(0.1)

    assert within == (0.25, 0.1)
    assert at_most(20.0) == 20.0
