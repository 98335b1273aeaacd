"""What an import does once all samples are stored: reviews, newest first."""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import IO

from django.conf import settings

from tracker.ingest.compressing.due_reviews import count_due, review_newest
from tracker.ingest.compressing.used_again import count_until_now
from tracker.ingest.door.retrying import Retrying
from tracker.management.read_files import ReadFiles
from tracker.models import Project
from tracker.sources.transcripts.finding.looks import Look, look_at
from tracker.workers.callers import NotWorkedOut
from tracker.workers.jobs.parsing import CameSince, came_since
from tracker.workers.pool import run_in_worker

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Messages since a lane's last compaction, at `start` of the spool."""

    session: str
    lane: str
    start: int
    size: int


@dataclass(frozen=True, slots=True)
class _Finished:
    """A file whose lanes wait. `reads`: the messages of some are only in the file."""

    name: str
    look: Look
    state: str
    places: list[_Waiting]
    reads: bool


class Finishing:
    """Makes the reviews of a project's compactions, and counts what each finished file
    used again after its last compaction.

    The messages for that are read from the session file when its turn has come. Those
    of a client whose reader cannot go on from a state wait in a temporary file, because
    those of a thousand sessions do not fit into memory. A file counts as finished only
    when its own were counted: after an interruption it is done again.
    """

    def __init__(self, project: Project, retrying: Retrying, files: ReadFiles) -> None:
        self._project = project
        self._retrying = retrying
        self._files = files
        self._waiting: list[_Finished] = []
        self._spool: IO[bytes] | None = None
        self.unreviewed = 0

    def later(self, name: str, look: Look, state: str, since: list[CameSince]) -> None:
        """Count what came since, once the reviews are made."""
        places, reads = [], False
        for found in since:
            if found.messages is None:
                reads = True
                continue
            spool = self._opened()
            start = spool.seek(0, 2)
            size = spool.write(found.messages.encode())
            places.append(_Waiting(found.session, found.lane, start, size))
        self._waiting.append(_Finished(name, look, state, places, reads))

    def _opened(self) -> IO[bytes]:
        if self._spool is None:
            self._spool = tempfile.TemporaryFile(dir=settings.DATA_DIR)  # noqa: SIM115  # closed in `run`
        return self._spool

    def count(self) -> int:
        """How many steps `run` will take, as far as is known now."""
        due = self._retrying(lambda: count_due(self._project.pk))
        return due + len(self._waiting)

    def run(self, stop: threading.Event, progress: Callable[[], object]) -> None:
        """Until nothing is left or `stop` is set; `progress` hears of each step."""
        step = partial(review_newest, self._project.pk, stop)
        while not stop.is_set() and (is_done := self._retrying(step)) is not None:
            self.unreviewed += not is_done
            progress()
        spool, self._spool = self._spool, None
        with spool or contextlib.nullcontext():
            self._count_since(spool, stop, progress)

    def _count_since(
        self,
        spool: IO[bytes] | None,
        stop: threading.Event,
        progress: Callable[[], object],
    ) -> None:
        waiting, self._waiting = self._waiting, []
        for file in reversed(waiting):
            if stop.is_set():
                return
            for place in file.places:
                assert spool is not None  # it holds them
                spool.seek(place.start)
                self._count(place, spool.read(place.size).decode())
            if not file.reads or self._count_read(file):
                self._files.keep_state(
                    file.name, file.look, file.state, is_finished=True
                )
            progress()

    def _count_read(self, file: _Finished) -> bool:
        """False for a file that changed since: it is done again when it is read on."""
        try:
            if look_at(file.name, os.stat(file.name)) != file.look:
                return False
            found = run_in_worker(came_since, file.name, file.state)
        except OSError:
            return False
        except NotWorkedOut:
            logger.exception("What %s used again is not counted now", file.name)
            return False
        for each in found:
            self._count(each, each.messages or "[]")
        return True

    def _count(self, place: _Waiting | CameSince, messages: str) -> None:
        self._retrying(
            lambda: count_until_now(
                project_id=self._project.pk,
                session=place.session,
                lane=place.lane,
                messages=messages,
            )
        )
