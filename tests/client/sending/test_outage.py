"""An unreachable server is tried less and less often."""

from __future__ import annotations

import pytest

from tracker.client.sending import outage as module
from tracker.client.sending.outage import Outage


@pytest.fixture(params=[0.5, 1.0], ids=["shortest", "longest"])
def share(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> float:
    """What chance leaves of each wait."""
    monkeypatch.setattr(module.random, "uniform", lambda low, high: request.param)
    return float(request.param)


def test_each_wait_is_twice_the_last_up_to_half_a_minute(share: float) -> None:
    outage = Outage()
    waits = []
    for _ in range(20):
        outage.failed(now=100.0)
        assert outage.ends_at is not None
        waits.append((outage.ends_at - 100.0) / share)

    assert waits[:8] == [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert waits[-1] == 30


def test_it_lasts_until_the_wait_is_over_and_not_longer(share: float) -> None:
    outage = Outage()
    assert not outage.lasts(100.0)

    outage.failed(now=100.0)

    assert outage.lasts(100.0 + 0.5 * share - 0.01)
    assert not outage.lasts(100.0 + 0.5 * share)


def test_an_answer_ends_it_and_the_next_begins_anew(share: float) -> None:
    outage = Outage()
    for _ in range(5):
        outage.failed(now=100.0)

    outage.over()

    assert outage.ends_at is None and not outage.lasts(100.0)
    outage.failed(now=100.0)
    assert outage.ends_at == 100.0 + 0.5 * share


def test_the_server_may_ask_for_more_time_but_not_for_less(share: float) -> None:
    outage = Outage()
    outage.failed(now=100.0, after_seconds=60.0)
    assert outage.ends_at == 160.0

    outage.over()
    outage.failed(now=100.0, after_seconds=0.0)
    assert outage.ends_at == 100.0 + 0.5 * share
