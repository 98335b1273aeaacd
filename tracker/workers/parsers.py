"""Worker processes that read session files ahead of the thread that stores them."""

from __future__ import annotations

import contextlib
import os
import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import replace
from functools import partial

from tracker.workers.jobs.parsing import FileOrder, FileParser, FilePart, read_part
from tracker.workers.process import ProcessEnded, WorkerProcess

# Fewer bytes are read sooner than a process has started.
SMALL_BYTES = 16 * 1024 * 1024
# Where nothing else waits for the reading process, one parser beside it gains nothing:
# it takes .7 s of processor time to start and to hand the reports over, and reading is
# three quarters of the work. Two or more are sooner done with many bytes.
MANY_BYTES = 128 * 1024 * 1024
MOST_PROCESSES = 4
PARTS_AHEAD = 2  # of one file
FILES_AHEAD = 6  # of all processes
PART_SECONDS = 300.0
KILLED = "its reader was killed twice; it may need more memory"
Answer = FilePart | BaseException


def processes_for(size: int, *, serves: bool) -> int:
    """How many processes read `size` bytes; 0: the caller's own does. `serves`: it
    answers requests meanwhile, so it must not read much itself.
    """
    if size < (SMALL_BYTES if serves else MANY_BYTES):
        return 0
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS has no such call; a large import would fail there
        cores = os.cpu_count() or 1
    most = min(MOST_PROCESSES, cores // 2)
    return max(1, most) if serves or most > 1 else 0


def read_files(
    orders: Iterable[FileOrder], *, processes: int
) -> Generator[FilePart, None, None]:
    """The parts of the files, in the order of the files. Memory is that of a few parts,
    however large and many the files are.

    A file whose process is killed is read on behind the last part that came; killed
    twice, its last part says so. Close the iterator to end the processes.
    """
    if not processes:
        parser = FileParser()
        for order in orders:
            yield from _parts(order, parser.begin, parser.next_part)
        return
    reading = _Reading(orders, processes)
    try:
        yield from reading.parts()
    finally:
        reading.end()


def _parts(
    order: FileOrder,
    begin: Callable[[FileOrder], object],
    next_part: Callable[[], FilePart],
) -> Iterator[FilePart]:
    begin(order)
    while True:
        part = next_part()
        yield part
        if part.is_last:
            return


class _Stopped(Exception):
    """The reader of the parts has stopped."""


class _Reading:
    """One thread for each process. A file's parts wait in a queue of its own."""

    def __init__(self, orders: Iterable[FileOrder], processes: int) -> None:
        self._orders = iter(orders)
        self._begun: deque[queue.Queue[Answer]] = deque()
        self._changed = threading.Condition()
        self._is_over = False
        self._is_stopped = False
        self._ahead = threading.Semaphore(processes + FILES_AHEAD)
        self._threads = [
            threading.Thread(target=self._run, name="file parser", daemon=True)
            for _ in range(processes)
        ]
        for thread in self._threads:
            thread.start()

    def parts(self) -> Iterator[FilePart]:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._begun or self._is_over)
                if not self._begun:
                    return
                answers = self._begun.popleft()
            while True:
                answer = answers.get()
                if isinstance(answer, BaseException):
                    raise answer
                yield answer
                if answer.is_last:
                    break
            self._ahead.release()

    def end(self) -> None:
        self._is_stopped = True
        self._ahead.release(len(self._threads))
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        answers: queue.Queue[Answer] | None = None
        process: WorkerProcess | None = None
        try:
            while (begun := self._next()) is not None:
                order, answers = begun
                process = process or WorkerProcess()
                process = self._read(order, answers, process)
        except _Stopped:
            pass
        except Exception as error:  # noqa: BLE001  # no process could be started
            assert answers is not None
            with contextlib.suppress(_Stopped):
                self._put(answers, error)
        finally:
            if process is not None:
                process.end()

    def _next(self) -> tuple[FileOrder, queue.Queue[Answer]] | None:
        self._ahead.acquire()
        with self._changed:
            order = None if self._is_stopped else next(self._orders, None)
            self._changed.notify_all()
            if order is None:
                self._is_over = True
                self._ahead.release()  # the other threads end, too
                return None
            answers: queue.Queue[Answer] = queue.Queue(PARTS_AHEAD)
            self._begun.append(answers)
            return order, answers

    def _read(
        self, order: FileOrder, answers: queue.Queue[Answer], process: WorkerProcess
    ) -> WorkerProcess:
        """Answers the process to go on with: a new one where this one was killed."""
        for _ in range(2):
            ask = partial(
                process.call, read_part, seconds=PART_SECONDS, check=self._check
            )
            try:
                asked: FileOrder | None = order
                while True:
                    part = ask((asked,))
                    self._put(answers, part)
                    if part.is_last:
                        return process
                    # Read from its start again, its lines would count twice.
                    asked, order = None, replace(order, state=part.state)
            except (ProcessEnded, TimeoutError):
                process.end()
                process = WorkerProcess()
            except _Stopped:
                raise
            except Exception as error:  # noqa: BLE001  # raised at who reads the parts
                self._put(answers, error)
                return process
        self._put(answers, FilePart(order.name, why=KILLED))
        return process

    def _check(self) -> None:
        if self._is_stopped:
            raise _Stopped

    def _put(self, answers: queue.Queue[Answer], answer: Answer) -> None:
        while True:
            self._check()
            try:
                answers.put(answer, timeout=0.2)
                return
            except queue.Full:
                continue
