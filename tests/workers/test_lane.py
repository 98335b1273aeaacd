"""Nothing that a worker does, or that is done to it, holds up a caller for ever."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.workers import small_jobs
from tracker.workers import lane as lanes
from tracker.workers.callers import Caller, CallerLeft, WorkersAway, WorkTooLong
from tracker.workers.lane import Lane
from tracker.workers.turns import Limits

LIMITS = Limits(at_once=2, at_once_of_project=1, places=16, wait_seconds=30)


@pytest.fixture
def lane() -> Iterator[Lane]:
    lane = Lane(LIMITS, seconds=30, most_idle=2)
    yield lane
    lane.stop(0)
    assert not _workers()


def _workers() -> list[psutil.Process]:
    """Of this process, without those that a pool of another test keeps."""
    return [
        child
        for child in psutil.Process().children()
        if child.pid in STARTED and child.status() != psutil.STATUS_ZOMBIE
    ]


STARTED: set[int] = set()


def _call(lane: Lane, function: Callable[..., Any], *args: Any, **caller: Any) -> Any:
    who = Caller(**caller)
    turn = lane.turn(who)
    try:
        return lane.call(who, function, args)
    finally:
        turn.give_back()


def _pid(lane: Lane) -> int:
    pid: int = _call(lane, os.getpid)
    STARTED.add(pid)
    return pid


def test_a_worker_is_used_again_and_replaced_after_its_last_call(lane, monkeypatch):
    monkeypatch.setattr(lanes, "MOST_CALLS", 3)

    pids = [_pid(lane) for _ in range(7)]

    assert len(set(pids[:3])) == len(set(pids[3:6])) == 1
    assert len(set(pids)) == 3


def test_replacing_workers_under_load_never_stops(lane, monkeypatch):
    """Python's own pool stood still here for ever (cpython#115634)."""
    monkeypatch.setattr(lanes, "MOST_CALLS", 2)

    with ThreadPoolExecutor(4) as threads:
        found = threads.map(lambda n: _call(lane, small_jobs.double, n), range(12))
        assert list(found) == [2 * n for n in range(12)]


@pytest.mark.parametrize(
    "job",
    [small_jobs.loop_for_ever, small_jobs.deafly_loop_for_ever, small_jobs.freeze],
)
def test_work_that_takes_too_long_is_ended_and_the_next_call_is_served(job):
    lane = Lane(LIMITS, seconds=0.3, most_idle=1)
    started = time.monotonic()

    with pytest.raises(WorkTooLong, match="more than 0.3 seconds"):
        _call(lane, job)

    assert time.monotonic() - started < 60
    assert _call(lane, small_jobs.double, 4) == 8
    lane.stop(0)


def test_work_ends_when_its_caller_leaves(lane, tmp_path):
    began = tmp_path / "began"

    with pytest.raises(CallerLeft):
        _call(
            lane,
            small_jobs.say_and_wait,
            str(began),
            str(tmp_path / "never"),
            has_left=began.exists,
        )

    assert _call(lane, small_jobs.double, 1) == 2


def test_errors_of_the_work_come_back_and_its_worker_stays(lane):
    pid = _pid(lane)

    with pytest.raises(TimeoutError, match="of the work itself"):
        _call(lane, small_jobs.raise_timeout)
    with pytest.raises(RuntimeError, match="Untravelling: two numbers"):
        _call(lane, small_jobs.raise_what_cannot_travel)

    assert _pid(lane) == pid


def test_a_worker_killed_between_two_calls_is_not_noticed(lane):
    os.kill(_pid(lane), signal.SIGKILL)

    assert _call(lane, small_jobs.double, 4) == 8


def test_large_data_goes_both_ways(lane):
    data = os.urandom(5_000_000)

    assert _call(lane, bytes.__add__, data, b"!") == data + b"!"


@pytest.mark.parametrize(
    "job", [small_jobs.loop_for_ever, small_jobs.deafly_loop_for_ever]
)
def test_a_stop_ends_a_worker_in_the_middle_of_anything(lane, job):
    """The process stood for 46 minutes after Ctrl-C."""
    refused: list[BaseException] = []

    def ask() -> None:
        try:
            _call(lane, job)
        except WorkersAway as error:
            refused.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    until = time.monotonic() + 60
    while not lane._busy and time.monotonic() < until:
        time.sleep(0.01)
    started = time.monotonic()

    lane.stop(0.2)
    asking.join(60)

    assert time.monotonic() - started < 30
    assert [str(error) for error in refused] == ["the server is stopping"]


def test_a_stop_lets_work_finish_that_is_nearly_done(lane, tmp_path: Path):
    began, go_on = tmp_path / "began", tmp_path / "go on"
    found: list[int] = []
    asking = threading.Thread(
        target=lambda: found.append(
            _call(lane, small_jobs.say_and_wait, str(began), str(go_on))
        )
    )
    asking.start()
    until = time.monotonic() + 60
    while not began.exists() and time.monotonic() < until:
        time.sleep(0.01)
    stopping = threading.Thread(target=lane.stop, args=(20,))
    stopping.start()

    go_on.touch()
    asking.join(60)
    stopping.join(60)

    assert len(found) == 1
    assert not asking.is_alive() and not stopping.is_alive()
