"""A worker that was killed takes nobody else's work with it."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from tracker.workers.callers import WorkersAway
from tracker.workers.pool import run_in_worker, stop_workers


def kill_oneself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def double(number: int) -> int:
    return number * 2


def test_work_that_kills_its_worker_twice_is_told_as_such() -> None:
    with pytest.raises(WorkersAway):
        run_in_worker(kill_oneself)

    assert run_in_worker(double, 21) == 42
    stop_workers()


def test_those_who_wait_beside_it_get_their_answers_or_are_told_to_come_back() -> None:
    def work(number: int) -> int | str:
        try:
            if number == 3:
                run_in_worker(kill_oneself)
            return run_in_worker(double, number)
        except WorkersAway:
            return "away"

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(work, range(8)))

    assert found[3] == "away"
    assert all(got in (2 * n, "away") for n, got in enumerate(found))
    assert run_in_worker(double, 4) == 8
    stop_workers()
