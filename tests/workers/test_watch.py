"""What /readyz hears of the workers: away, silent, or well again."""

from __future__ import annotations

import pytest

from tracker.workers.watch import (
    FAILURES,
    REMEMBERED_SECONDS,
    SILENT_SECONDS,
    WorkerWatch,
)


class Away(Exception):
    pass


def test_workers_that_answer_are_no_problem_and_neither_is_no_call() -> None:
    watch = WorkerWatch()
    assert watch.problem() is None

    with watch.call(Away):
        assert watch.problem() is None
    with pytest.raises(ValueError), watch.call(Away):
        raise ValueError("what the function itself says")

    assert watch.problem() is None


def fail(watch: WorkerWatch, times: int) -> None:
    for _ in range(times):
        with pytest.raises(Away), watch.call(Away):
            raise Away


def test_several_calls_that_found_no_worker_are_one_until_the_next_finds_one() -> None:
    watch = WorkerWatch()
    fail(watch, FAILURES - 1)
    assert watch.problem() is None

    fail(watch, 1)
    assert watch.problem() == "the last compressions found no worker"
    with watch.call(Away):
        pass
    assert watch.problem() is None


def test_failures_are_forgotten_when_nobody_asks_for_a_compression() -> None:
    now = [0.0]
    watch = WorkerWatch(lambda: now[0])
    fail(watch, FAILURES)

    now[0] = REMEMBERED_SECONDS

    assert watch.problem() is None


def test_a_call_without_an_answer_is_one_when_it_takes_too_long() -> None:
    now = [0.0]
    watch = WorkerWatch(lambda: now[0])

    with watch.call(Away):
        now[0] = SILENT_SECONDS
        assert watch.problem() is None
        now[0] = SILENT_SECONDS + 1
        assert watch.problem() == "the compression workers do not answer"
    assert watch.problem() is None
