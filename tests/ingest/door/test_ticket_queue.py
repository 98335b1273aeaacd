"""The queue before the writer: whom a group waits for."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from tracker.domain.reports import CompressionReport
from tracker.ingest.arrivals import Arrival
from tracker.ingest.door import ticket_queue
from tracker.ingest.door.ticket_queue import Ticket, TicketQueue

LONG = 3_600.0


@pytest.fixture(autouse=True)
def always_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticket_queue, "BUSY_SECONDS", LONG)


def _put(queue: TicketQueue, count: int = 1) -> None:
    loop = asyncio.get_running_loop()
    report = CompressionReport("s", before_tokens=2, after_tokens=1, event_id="e")
    arrival = Arrival(1, report, datetime(2026, 11, 29, tzinfo=UTC), 1)
    for _ in range(count):
        queue.put(Ticket([arrival], loop, loop.create_future()))


async def _taken(queue: TicketQueue) -> int:
    """How many the writer gets after a few turns; 0 where it is not woken."""
    for _ in range(20):
        await asyncio.sleep(0)
    return len(queue.take(0) or []) if queue._wake.is_set() else 0


async def test_under_load_a_group_waits_for_as_many_as_the_last_one_held() -> None:
    queue = TicketQueue(100, patience=LONG)
    _put(queue, 3)
    assert await _taken(queue) == 3

    _put(queue, 2)
    assert await _taken(queue) == 0
    _put(queue)
    assert await _taken(queue) == 3
    assert queue._timer is None


async def test_it_waits_no_longer_than_its_patience() -> None:
    queue = TicketQueue(100, patience=0.001)
    _put(queue, 3)
    assert await _taken(queue) == 3

    _put(queue)
    found = await asyncio.to_thread(queue.take, LONG)
    assert found is not None and len(found) == 1


async def test_who_comes_after_a_lone_report_or_long_after_waits_for_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    queue = TicketQueue(100, patience=LONG)
    for _ in range(2):
        _put(queue)
        assert await _taken(queue) == 1
    _put(queue, 3)
    assert await _taken(queue) == 3

    monkeypatch.setattr(ticket_queue, "BUSY_SECONDS", 0)
    _put(queue)
    assert await _taken(queue) == 1


async def test_without_patience_nobody_waits() -> None:
    queue = TicketQueue(100)
    _put(queue, 3)
    assert await _taken(queue) == 3

    _put(queue)
    assert await _taken(queue) == 1
