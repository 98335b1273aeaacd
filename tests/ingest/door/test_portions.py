"""What goes into the next commit: all, while one caller reports; else its fair part."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.clock import Clock
from tracker.domain.reports import CompressionReport
from tracker.ingest.arrivals import Arrival
from tracker.ingest.door.portions import (
    ACTIVE_SECONDS,
    GROUP_REPORTS,
    LEAST,
    SHARED_SECONDS,
    Portions,
)
from tracker.ingest.door.ticket_queue import Ticket

NOW = datetime(2026, 11, 29, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def portions(clock: Clock) -> Portions:
    found = Portions(clock)
    for _ in range(50):
        found.took(1_000, 0.2)  # so 100 reports are SHARED_SECONDS
    return found


def ticket(portions: Portions, count: int, key: int, project: int = 1) -> Ticket:
    report = CompressionReport("s", before_tokens=2, after_tokens=1, event_id="e")
    future: Any = None
    made = Ticket([Arrival(project, report, NOW, key)] * count, None, future)
    portions.heard(made)
    return made


def sizes(portions: Portions, *waiting: Ticket) -> list[tuple[int, int]]:
    """(place in waiting, reports) of what is taken."""
    found = portions.next(waiting)
    for portion in found:
        portion.ticket.taken += len(portion.arrivals)
    return [(waiting.index(p.ticket), len(p.arrivals)) for p in found]


def test_a_caller_alone_is_committed_as_a_whole(portions: Portions) -> None:
    tickets = [ticket(portions, 900, key=1) for _ in range(3)]

    assert sizes(portions, *tickets) == [(0, 900), (1, 900)]
    assert GROUP_REPORTS == 2_000


def test_beside_others_the_smaller_comes_first_and_the_larger_gets_the_rest(
    portions: Portions,
) -> None:
    large, small = ticket(portions, 500, key=1), ticket(portions, 1, key=2)

    assert sizes(portions, large, small) == [(1, 1), (0, 99)]
    assert sizes(portions, large) == [(0, 100)]
    assert len(large.arrivals) - large.taken == 301


def test_what_one_request_brings_together_is_not_parted(portions: Portions) -> None:
    """`optimize` sends a sample and its compression: after a kill between the two, its
    next attempt would find the first known and never store the second.
    """
    other, pair = ticket(portions, 99, key=2), ticket(portions, 2, key=1)
    more = ticket(portions, 200, key=1)

    assert sizes(portions, other, pair, more) == [(0, 99), (1, 2)]


def test_who_has_waited_longest_always_gets_something(portions: Portions) -> None:
    large = ticket(portions, 500, key=1)
    many = [ticket(portions, 1, key=10 + number) for number in range(150)]

    found = sizes(portions, large, *many)

    assert found[-1] == (0, LEAST)
    assert len(found) == 101


def test_a_callers_own_reports_keep_their_order(portions: Portions) -> None:
    first, second = ticket(portions, 60, key=1), ticket(portions, 60, key=1)
    ticket(portions, 1, key=2)

    assert sizes(portions, first, second) == [(0, 60), (1, 40)]


def test_who_is_silent_for_a_while_changes_nothing(
    portions: Portions, clock: Clock
) -> None:
    ticket(portions, 1, key=2)
    clock.now += ACTIVE_SECONDS

    assert sizes(portions, ticket(portions, 500, key=1)) == [(0, 500)]


def test_slow_reports_make_small_commits_and_small_commits_teach_nothing(
    portions: Portions,
) -> None:
    for _ in range(50):
        portions.took(1, 5.0)
        portions.took(LEAST, LEAST * SHARED_SECONDS)  # each takes all the time
    ticket(portions, 1, key=2)

    assert sizes(portions, ticket(portions, 500, key=1)) == [(0, LEAST)]
    assert portions.next([]) == []
