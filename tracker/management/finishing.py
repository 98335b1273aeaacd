"""What an import does once all samples are stored: reviews, newest first."""

from __future__ import annotations

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
from tracker.sources.transcripts.finding.looks import Look
from tracker.workers.jobs.parsing import CameSince


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Messages since a lane's last compaction, at `start` of the spool."""

    session: str
    lane: str
    start: int
    size: int


class Finishing:
    """Makes the reviews of a project's compactions, and counts what each finished file
    used again after its last compaction.

    The messages for that wait in a temporary file, because those of a thousand sessions
    do not fit into memory. A file counts as finished only when its own were counted:
    after an interruption it is done again.
    """

    def __init__(self, project: Project, retrying: Retrying, files: ReadFiles) -> None:
        self._project = project
        self._retrying = retrying
        self._files = files
        self._waiting: list[tuple[str, Look, str, list[_Waiting]]] = []
        self._spool: IO[bytes] | None = None
        self.unreviewed = 0

    def later(self, name: str, look: Look, state: str, since: list[CameSince]) -> None:
        """Count what came since, once the reviews are made."""
        places = []
        if self._spool is None:
            self._spool = tempfile.TemporaryFile(dir=settings.DATA_DIR)  # noqa: SIM115  # closed in `run`
        spool = self._spool
        for found in since:
            start = spool.seek(0, 2)
            size = spool.write(found.messages.encode())
            places.append(_Waiting(found.session, found.lane, start, size))
        self._waiting.append((name, look, state, places))

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
        if spool is not None:
            with spool:
                self._count_since(spool, stop, progress)

    def _count_since(
        self, spool: IO[bytes], stop: threading.Event, progress: Callable[[], object]
    ) -> None:
        waiting, self._waiting = self._waiting, []
        for name, look, state, places in reversed(waiting):
            if stop.is_set():
                return
            for place in places:
                self._count(spool, place)
            self._files.keep_state(name, look, state, is_finished=True)
            progress()

    def _count(self, spool: IO[bytes], place: _Waiting) -> None:
        spool.seek(place.start)
        messages = spool.read(place.size).decode()
        self._retrying(
            lambda: count_until_now(
                project_id=self._project.pk,
                session=place.session,
                lane=place.lane,
                messages=messages,
            )
        )
