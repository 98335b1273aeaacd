"""Turns are fair, bounded, and never waited for without an end."""

from __future__ import annotations

import threading
import time

import pytest

from tracker.workers.callers import Caller, CallerLeft, WorkersAway, WorkersBusy
from tracker.workers.turns import Limits, Turns

LIMITS = Limits(at_once=1, at_once_of_project=1, places=16, wait_seconds=30)


class Line:
    """Callers in a line, each in a thread; `order` says who had a turn when."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.order: list[str] = []
        self.refused: list[str] = []
        self._threads: list[threading.Thread] = []

    def add(self, name: str, caller: Caller) -> None:
        def wait() -> None:
            try:
                self.turns.take(caller)
            except (WorkersAway, WorkersBusy, CallerLeft) as error:
                self.refused.append(f"{name}: {type(error).__name__}")
                return
            self.order.append(name)
            self.turns.give_back(caller)

        waiting = self.turns._count
        thread = threading.Thread(target=wait)
        thread.start()
        self._threads.append(thread)
        until = time.monotonic() + 5
        while self.turns._count == waiting and thread.is_alive():
            assert time.monotonic() < until
            time.sleep(0.001)

    def end(self) -> None:
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()


def test_projects_take_turns_and_so_do_their_keys():
    turns = Turns(LIMITS)
    first = Caller(project=9)
    turns.take(first)
    line = Line(turns)
    for number in range(3):
        line.add(f"hog{number}", Caller(project=1, key=1))
    line.add("neighbour", Caller(project=1, key=2))
    line.add("other", Caller(project=2, key=3))

    turns.give_back(first)
    line.end()

    assert line.order == ["hog0", "other", "neighbour", "hog1", "hog2"]


def test_one_project_leaves_a_worker_to_others():
    turns = Turns(Limits(at_once=2, at_once_of_project=1, places=16, wait_seconds=30))
    hog = Caller(project=1)
    turns.take(hog)
    line = Line(turns)
    line.add("hog", hog)

    line.add("other", Caller(project=2))

    assert line.order == ["other"]
    turns.give_back(hog)
    line.end()
    assert line.order == ["other", "hog"]


def test_a_key_and_a_project_fill_only_their_share_of_the_places():
    turns = Turns(LIMITS)
    first = Caller(project=9)
    turns.take(first)
    line = Line(turns)
    for number in range(5):
        line.add(f"a{number}", Caller(project=1, key=1))
    for number in range(5):
        line.add(f"b{number}", Caller(project=1, key=2))
    line.add("c", Caller(project=1, key=3))
    line.add("other", Caller(project=2, key=4))

    turns.give_back(first)
    line.end()

    refused = ["a4: WorkersBusy", "b4: WorkersBusy", "c: WorkersBusy"]
    assert line.refused == refused
    assert len(line.order) == 9


def test_who_waits_too_long_or_leaves_is_told_and_its_place_is_free():
    turns = Turns(Limits(at_once=1, at_once_of_project=1, places=16, wait_seconds=0.15))
    turns.take(Caller())

    with pytest.raises(WorkersBusy, match="not this call's turn"):
        turns.take(Caller(project=1))
    with pytest.raises(CallerLeft):
        turns.take(Caller(project=1, has_left=lambda: True))

    assert turns._count == 0
    turns.give_back(Caller())
    turns.take(Caller(project=1))


def test_after_a_stop_nobody_waits():
    turns = Turns(LIMITS)
    turns.take(Caller())
    line = Line(turns)
    line.add("waits", Caller(project=1))

    turns.stop()
    line.end()

    assert line.refused == ["waits: WorkersAway"]
    with pytest.raises(WorkersAway, match="stopping"):
        turns.take(Caller())
