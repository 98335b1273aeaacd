"""The server's clock is put back by an hour: gauges move on, sockets hear of it, the
order of arrival stays, and nobody is locked out for longer.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest

HOUR = timedelta(hours=1)
HOUR_NS = 3_600 * 10**9


def back(arrival: Any, by: timedelta = HOUR) -> Any:
    from dataclasses import replace

    return replace(arrival, received_at=arrival.received_at - by)


@pytest.fixture
def clock_an_hour_back(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Call it, and what asks the time of day is told an hour less."""
    usual, usual_ns = time.time, time.time_ns

    def put_back() -> None:
        monkeypatch.setattr(time, "time", lambda: usual() - 3_600)
        monkeypatch.setattr(time, "time_ns", lambda: usual_ns() - HOUR_NS)

    return put_back


def test_reports_without_a_time_count_as_they_come(usage: Any) -> None:
    from tracker.ingest.judging.record import Recorder
    from tracker.models import LLMSession, ThresholdEvent
    from tracker.upkeep.verifying import is_consistent

    recorder = Recorder()
    recorder.record([usage("s", 100_000), usage("s", 7, lane="helper")])

    (first,) = recorder.record([back(usage("s", 170_000))])
    (second,) = recorder.record([back(usage("s", 5))])
    (helper,) = recorder.record([back(usage("s", 8, lane="helper"))])

    assert not (first.is_late or second.is_late or helper.is_late)
    steps = ThresholdEvent.objects.order_by("seq").values_list("to_level", flat=True)
    assert list(steps) == ["compress", "ok"]
    session = LLMSession.objects.get()
    assert (session.used_tokens, session.sample_count) == (5, 3)
    assert session.lanes.get().used_tokens == 8
    assert is_consistent()


def test_reports_with_times_of_their_own_are_judged_by_those(usage: Any) -> None:
    from tracker.ingest.judging.record import Recorder

    recorder = Recorder()
    recorder.record([usage("s", 1, second=10)])

    (late,) = recorder.record([usage("s", 2, second=5)])
    (newer,) = recorder.record([usage("s", 3, second=20)])

    assert late.is_late is True
    assert newer.is_late is False


def test_changes_are_numbered_upwards_also_by_the_next_process(
    usage: Any, clock_an_hour_back: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hub asks the store for what was changed after the newest it knows."""
    from tracker.ingest.judging import record
    from tracker.ingest.judging.record import Recorder
    from tracker.models import LLMSession

    def changed_us() -> int:
        Recorder().record([usage("s", 1)])
        return int(LLMSession.objects.get().changed_us)

    marks = [changed_us()]
    clock_an_hour_back()
    marks.append(changed_us())
    monkeypatch.setattr(record, "_last_changed_us", 0)  # as a new process begins
    marks.append(changed_us())

    assert marks[0] < marks[1] < marks[2]


def test_a_key_is_limited_by_time_that_passes(clock_an_hour_back: Any) -> None:
    from tracker.api.errors import ApiError
    from tracker.api.keys.keyring import KeyGrant
    from tracker.api.keys.rate_limit import RateLimiter

    grant = KeyGrant(1, 1, frozenset(("ingest",)), None, 60)
    limiter = RateLimiter()
    limiter.take(grant, 60)
    clock_an_hour_back()

    with pytest.raises(ApiError) as refused:
        limiter.take(grant, 30)

    assert refused.value.retry_after is not None
    assert refused.value.retry_after <= 30


def test_a_locked_login_waits_no_longer_than_its_window(
    db: None, rf: Any, clock_an_hour_back: Any
) -> None:
    from django.core.cache import cache

    from tracker.pages.people.login_limit import (
        BY_NAME_AND_ADDRESS,
        WINDOW_SECONDS,
        note_failure,
        seconds_to_wait,
    )

    cache.clear()
    request = rf.post("/login/", {"username": "boss"})
    for _ in range(BY_NAME_AND_ADDRESS):
        note_failure(request)
    clock_an_hour_back()

    assert 0 < seconds_to_wait(request) <= WINDOW_SECONDS
    cache.clear()


async def test_sockets_hear_of_what_comes_after_the_step(
    api: Any, clock_an_hour_back: Any, open_socket: Any
) -> None:
    socket = await open_socket()
    await api.post("/usage", {"session": "s", "tokens": {"history": 5}})
    await socket.first("budget", sample_count=1)
    clock_an_hour_back()

    await api.post("/usage", {"session": "s", "tokens": {"history": 163_000}})

    assert (await socket.first("event"))["to_level"] == "warning"
    told = [m for m in (*socket.seen, *socket.waiting) if m["type"] == "budget"]
    assert told[-1]["budget"]["used_tokens"] == 163_000
