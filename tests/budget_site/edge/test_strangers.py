"""How long a caller's next connection waits, by a clock of the test's."""

from __future__ import annotations

import logging

import pytest

from budget_site.edge.strangers import (
    FREE,
    KNOWN_LONGEST,
    KNOWN_SECONDS,
    LINE_SECONDS,
    LONGEST,
    MOST,
    REMEMBERED,
    Strangers,
)
from tests.clock import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def guard(clock: Clock) -> Strangers:
    return Strangers(clock)


def wait_after(guard: Strangers, times: int, who: str = "a") -> float:
    """What the connection after the next one waits."""
    for _ in range(times):
        guard.wasted(who)
    assert guard.wait(who) == 0
    return guard.wait(who)


def test_a_few_wasted_connections_cost_nothing(guard: Strangers) -> None:
    assert wait_after(guard, int(FREE)) == 0
    assert guard.wait("b") == 0


@pytest.mark.parametrize(
    ("times", "seconds"), [(28, 0.02), (36, 0.04), (76, LONGEST), (10_000, LONGEST)]
)
def test_the_wait_doubles_up_to_a_second(
    guard: Strangers, times: int, seconds: float
) -> None:
    assert wait_after(guard, times) == pytest.approx(seconds, rel=0.4)
    assert guard.wait("b") == 0


def test_one_at_a_time_is_let_in(guard: Strangers, clock: Clock) -> None:
    wait_after(guard, int(MOST))
    served = 0
    for _ in range(100):
        clock.now += 0.1
        served += guard.wait("a") == 0
        guard.wasted("a")

    assert served == pytest.approx(10, abs=1)


def test_who_stops_is_forgiven(guard: Strangers, clock: Clock) -> None:
    wait_after(guard, 10_000)

    clock.now += MOST - FREE

    assert guard.wait("a") == guard.wait("a") == 0


def test_a_valid_key_lately_shortens_the_wait(guard: Strangers, clock: Clock) -> None:
    guard.vouch("a")
    assert wait_after(guard, 10_000) == pytest.approx(KNOWN_LONGEST)

    clock.now += KNOWN_SECONDS

    assert wait_after(guard, 10_000) == pytest.approx(LONGEST)


def test_what_is_remembered_is_bounded_and_the_worst_stay(guard: Strangers) -> None:
    for number in range(REMEMBERED * 2):
        guard.wasted(f"a{number}")
        guard.vouch(f"b{number}")
        guard.wasted("worst")

    assert len(guard._records) == len(guard._known) == REMEMBERED
    assert wait_after(guard, 0, "worst") == pytest.approx(LONGEST)


def test_who_uses_its_key_all_the_time_stays_known(guard: Strangers) -> None:
    for number in range(REMEMBERED + 1):
        guard.vouch("busy")
        guard.vouch(f"b{number}")

    assert guard.knows("busy") and not guard.knows("b0")


def test_each_caller_has_a_line_in_the_log_each_minute(
    guard: Strangers, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "tracker.refusals"):
        for _ in range(2):
            for _ in range(100):
                guard.wasted("192.0.2.7")
            clock.now += LINE_SECONDS

    assert len(caplog.records) == 2
    assert "192.0.2.7" in caplog.records[0].getMessage()


def test_keys_that_are_none_count_as_wasted_connections(
    guard: Strangers, clock: Clock
) -> None:
    told = [guard.refused("a") for _ in range(int(FREE) + 1)]

    assert told == [False] * int(FREE) + [True]
    assert guard.wait("a") == 0 and guard.wait("a") > 0
    clock.now += 60
    assert not guard.refused("a")  # a program with an old key that asks now and then
