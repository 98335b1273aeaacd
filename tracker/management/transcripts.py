"""Imports transcripts through this process's writer, and follows them."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from django.db import DatabaseError, connection

from tracker.changes.agent_import import Progress
from tracker.domain.reports import CompressionReport, UsageReport
from tracker.ingest.arrivals import Answer, Arrival, Outcome
from tracker.ingest.compressing.compress import analyse, is_recorded, look_back
from tracker.ingest.compressing.used_again import count_until_now
from tracker.ingest.door.process import running_writer
from tracker.ingest.door.retrying import Retrying
from tracker.ingest.door.writer import Writer
from tracker.management.read_files import ReadFiles
from tracker.models import Project
from tracker.sources.transcripts.claude_code.copies import Copies
from tracker.sources.transcripts.folders import why_unreadable
from tracker.sources.transcripts.follow import follow
from tracker.sources.transcripts.looks import Look
from tracker.sources.transcripts.news import TranscriptNews
from tracker.sources.transcripts.opening import SessionReader, open_session
from tracker.sources.transcripts.passed_over import PassedOver, SaidOnce
from tracker.sources.transcripts.reader import NotATranscript
from tracker.upkeep.deleted_files import note_deleted
from tracker.workers.callers import NotWorkedOut

REPORTS_PER_COMMIT = 500
PORTION_BYTES = 4 * 1024 * 1024
FINISHED_SECONDS = 3600  # a file unchanged for so long is complete
REFUSALS_NAMED = 20
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class ImportTotals:
    files: int = 0
    unchanged: int = 0  # files that were read before
    passed_over: PassedOver = field(default_factory=PassedOver)
    lines: int = 0
    malformed_lines: int = 0
    sessions: set[str] = field(default_factory=set)
    samples: int = 0
    known_samples: int = 0
    compactions: int = 0
    unreviewed: int = 0
    rejected: int = 0
    refusals: list[str] = field(default_factory=list)  # the first REFUSALS_NAMED

    def note_refusal(self, arrival: Arrival, why: str) -> None:
        self.rejected += 1
        if len(self.refusals) < REFUSALS_NAMED:
            self.refusals.append(
                f"report {arrival.event_id!r} of session {arrival.report.session!r}: "
                f"{why}"
            )


class TranscriptImport:
    """Takes what readers bring into one project.

    It goes on after a report that the database refuses, which `totals` name, and after
    a compaction whose review kills its worker, which is stored without a review. While
    the database is away it waits, as long as `retrying` says. A file that `files` knows
    is read on where it was left.
    """

    def __init__(
        self,
        project: Project,
        writer: Writer,
        retrying: Retrying,
        files: ReadFiles,
    ) -> None:
        self._project = project
        self._files = files
        self._writer = writer
        self._retrying = retrying
        self.totals = ImportTotals()
        self._copies = Copies()
        self._sessions_of: dict[str, set[str]] = {}  # by file

    def read_file(
        self, name: str, look: Look, *, progress: Callable[[int], object]
    ) -> None:
        """Read a file to its end; `progress` hears of the bytes read.

        A file that cannot be read, or is of no known format, is counted with the
        reason and ends nothing.
        """
        is_old = time.time() - look[1] / 1e9 > FINISHED_SECONDS
        is_told = self._files.is_finished(name) or not is_old
        if is_told and self._files.look_of(name) == look:
            self.totals.unchanged += 1
            return
        try:
            reader = open_session(
                name, copies=self._copies, state=self._files.state_of(name)
            )
            self._read(reader, name, progress)
        except NotATranscript as error:
            self.totals.passed_over.take_unknown(name, error.reason)
            return
        except OSError as error:
            self.totals.passed_over.take_unreadable(name, why_unreadable(error))
            return
        if is_old:
            self.take(reader.flush())
        self._files.keep(name, look, reader, is_finished=is_old)

    def _read(
        self, reader: SessionReader, name: str, progress: Callable[[int], object]
    ) -> None:
        self.totals.files += 1
        while True:
            news = reader.read_new(PORTION_BYTES)
            self.take(news)
            progress(news.bytes_read)
            if news.is_complete or not news.bytes_read:
                return
            self._files.keep(name, None, reader)

    def take(self, news: TranscriptNews) -> None:
        totals = self.totals
        totals.lines += news.lines
        totals.malformed_lines += news.malformed_lines
        totals.sessions.update(news.sessions)
        self._sessions_of.setdefault(str(news.path), set()).update(news.sessions)
        refused = totals.rejected
        for start in range(0, len(news.reports), REPORTS_PER_COMMIT):
            self._commit(news.reports[start : start + REPORTS_PER_COMMIT])
        if totals.rejected > refused:
            self._files.distrust(str(news.path))
        for found in news.continuations:
            count = partial(
                count_until_now,
                project_id=self._project.pk,
                session=found.session,
                lane=found.lane,
                messages=found.messages,
            )
            self._retrying(count)

    def note_deleted(self, name: str) -> None:
        """The client has deleted a file that was read here."""
        own = self._sessions_of.pop(name, set())
        for session in own.difference(*self._sessions_of.values()):
            note = partial(
                note_deleted,
                project_id=self._project.pk,
                session=session,
                at=datetime.now(UTC),
            )
            self._retrying(note)

    def _commit(self, reports: Sequence[UsageReport | CompressionReport]) -> None:
        now = datetime.now(UTC)
        arrivals = [
            Arrival(self._project.pk, self._reviewed(report), now) for report in reports
        ]
        answers = self._retrying(lambda: self._writer.record_blocking(arrivals))
        self._retrying(lambda: look_back(answers))
        for arrival, answer in zip(arrivals, answers, strict=True):
            self._count(arrival, answer)

    def _count(self, arrival: Arrival, answer: Answer) -> None:
        totals = self.totals
        if not isinstance(answer, Outcome):
            totals.note_refusal(arrival, answer.message)
        elif isinstance(arrival.report, CompressionReport):
            totals.compactions += not answer.is_duplicate
        elif answer.is_duplicate:
            totals.known_samples += 1
        else:
            totals.samples += 1

    def _reviewed(
        self, report: UsageReport | CompressionReport
    ) -> UsageReport | CompressionReport:
        """Add to a new compaction what it kept and lost."""
        if isinstance(report, UsageReport):
            return report
        return self._retrying(lambda: self._review(report))

    def _review(self, report: CompressionReport) -> CompressionReport:
        if is_recorded(self._project.pk, report):
            return report
        try:
            return analyse(report, self._project.pk)
        except NotWorkedOut as error:
            logger.error(
                "Compaction %r of session %r is stored without a review: %s",
                report.event_id, report.session, error,
            )  # fmt: skip
            self.totals.unreviewed += 1
            return report


def keep_importing(
    paths: Iterable[Path],
    *,
    stop: threading.Event,
    say: Callable[[str], object],
    progress: Progress | None = None,
) -> threading.Thread:
    """Import and follow `paths` in a thread, through the writer of this server.

    It ends when `stop` is set. `say` gets a sentence when it cannot go on. `progress`
    is kept up to date, for a page to show.
    """
    shown = progress or Progress()

    def tell(sentence: str) -> None:
        shown.problem = sentence
        say(sentence)

    def run() -> None:
        writer = running_writer(stop)
        if writer is None:
            return
        retrying = Retrying(stop)
        project = retrying(Project.objects.filter(slug="default").first)
        if project is None:
            tell(
                "Transcripts are not followed: there is no project 'default' any more. "
                "Run: manage.py import_transcripts FOLDER --watch --project NAME"
            )
            return
        files = ReadFiles(project, retrying)
        importing = TranscriptImport(project, writer, retrying, files)
        told = SaidOnce(say, shown.passed_over)

        def take(news: TranscriptNews) -> None:
            importing.take(news)
            shown.read_bytes += news.bytes_read
            shown.files.add(str(news.path))
            shown.sessions.update(news.sessions)

        def idle() -> None:
            shown.is_read = True
            told.idle()

        try:
            follow(
                paths,
                on_reports=take,
                stop=stop,
                memory=files,
                passed_over=told.take,
                on_idle=idle,
                deleted=importing.note_deleted,
            )
        except Exception as error:  # noqa: BLE001  # whatever ends it must be told
            if not stop.is_set():
                tell(f"Transcripts are no longer followed: {error}")
        with contextlib.suppress(DatabaseError):
            files.save()
        connection.close()

    thread = threading.Thread(target=run, name="transcripts", daemon=True)
    thread.start()
    return thread
