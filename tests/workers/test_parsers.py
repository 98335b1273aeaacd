"""Files read ahead by worker processes: all of them, in order, whoever dies."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.sources.transcripts.builder import assistant, write
from tracker.domain.compression_words import Keeping
from tracker.workers import parsers
from tracker.workers.jobs import parsing
from tracker.workers.jobs.parsing import FileOrder, FilePart
from tracker.workers.parsers import KILLED, processes_for, read_files
from tracker.workers.process import WorkerProcess

FILES = 12


@pytest.fixture
def orders(tmp_path: Path) -> list[FileOrder]:
    found = []
    for number in range(FILES):
        path = write(tmp_path / f"{number:02}.jsonl", assistant(number, 5_000))
        found.append(FileOrder(str(path), (path.stat().st_size, 0, 0), "", Keeping()))
    return found


def ids(parts: list[FilePart]) -> list[str | None]:
    return [report.event_id for part in parts for report in part.reports]


IN_ORDER = [f"req_{number}" for number in range(FILES)]


@pytest.mark.parametrize("processes", [0, 2])
def test_parts_come_in_the_order_of_the_files(
    orders: list[FileOrder], processes: int
) -> None:
    assert ids(list(read_files(orders, processes=processes))) == IN_ORDER


def test_a_process_that_dies_is_replaced_and_its_file_read_once_more(
    orders: list[FileOrder], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[WorkerProcess] = []

    class Dying(WorkerProcess):
        """The first one is killed before it answers."""

        def call(self, *args: Any, **options: Any) -> Any:
            if self not in begun:
                begun.append(self)
                if len(begun) == 1 and self.pid is not None:
                    os.kill(self.pid, signal.SIGKILL)
            return super().call(*args, **options)

    monkeypatch.setattr(parsers, "WorkerProcess", Dying)

    assert ids(list(read_files(orders, processes=1))) == IN_ORDER
    assert len(begun) == 2


class Scripted:
    """Stands for a process that dies at one file, whenever it is asked for it."""

    deadly = ""
    error: Exception | None = None

    def __init__(self) -> None:
        self._parser = parsing.FileParser()

    def call(self, _: Any, args: tuple[FileOrder | None], **__: Any) -> FilePart:
        if args[0] is not None:
            if args[0].name == self.deadly:
                raise self.error or parsers.ProcessEnded
            self._parser.begin(args[0])
        return self._parser.next_part()

    def end(self) -> None:
        """There is none."""


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> type[Scripted]:
    monkeypatch.setattr(parsers, "WorkerProcess", Scripted)
    monkeypatch.setattr(Scripted, "error", None)
    return Scripted


def test_a_file_that_kills_its_process_twice_is_named_and_the_others_are_read(
    orders: list[FileOrder], scripted: type[Scripted]
) -> None:
    scripted.deadly = orders[3].name

    parts = list(read_files(orders, processes=2))

    assert ids(parts) == [name for name in IN_ORDER if name != "req_3"]
    assert [part.why for part in parts if part.why] == [KILLED]


def test_what_came_before_a_process_died_is_not_read_again(
    tmp_path: Path, scripted: type[Scripted], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It dies at the second part, having told the first."""
    monkeypatch.setattr(parsing, "PART_BYTES", 1_000)
    lines = [assistant(number, 5_000 + number) for number in range(9)]
    path = write(tmp_path / "long.jsonl", *lines)
    order = FileOrder(str(path), (path.stat().st_size, 0, 0), "", Keeping())
    asked: list[FileOrder | None] = []
    call = Scripted.call

    def dies_once(self: Scripted, job: Any, args: Any, **more: Any) -> FilePart:
        asked.append(args[0])
        if len(asked) == 2:
            raise parsers.ProcessEnded
        return call(self, job, args, **more)

    monkeypatch.setattr(Scripted, "call", dies_once)

    parts = list(read_files([order], processes=1))

    assert len(parts) > 2 and asked[2] is not None
    assert sum(part.lines for part in parts) == len(lines)
    assert ids(parts) == [f"req_{number}" for number in range(9)]


def test_an_error_of_a_reader_reaches_who_reads_the_parts(
    orders: list[FileOrder], scripted: type[Scripted]
) -> None:
    scripted.deadly, scripted.error = orders[3].name, ZeroDivisionError("a fault")

    with pytest.raises(ZeroDivisionError):
        list(read_files(orders, processes=2))


def test_who_stops_early_ends_the_processes(
    orders: list[FileOrder], scripted: type[Scripted]
) -> None:
    parts = read_files(orders, processes=2)
    next(parts)

    parts.close()  # waits for its threads

    assert next(parts, None) is None


def test_little_is_read_without_a_process() -> None:
    assert processes_for(1_000_000, serves=True) == 0
    assert 1 <= processes_for(10**9, serves=True) <= parsers.MOST_PROCESSES


def test_a_command_on_two_cores_reads_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    assert processes_for(10**9, serves=False) == 0

    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(6)))
    assert processes_for(10**9, serves=False) == 3
    assert processes_for(40_000_000, serves=False) == 0


def test_a_system_that_names_no_cores_of_ours_has_processes_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")

    assert 1 <= processes_for(10**9, serves=True) <= parsers.MOST_PROCESSES
