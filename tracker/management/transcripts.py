"""Imports transcripts through the writing door, and follows them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tracker.domain.reports import CompressionReport, UsageReport
from tracker.ingest.arrivals import (
    Answer,
    Arrival,
    Outcome,
    Saturated,
    StoreUnavailable,
)
from tracker.ingest.compressing.compress import analyse, is_recorded, look_back
from tracker.ingest.compressing.used_again import count_until_now
from tracker.ingest.door.process import running_writer
from tracker.management.passed_over import PassedOver, SaidOnce
from tracker.models import Project
from tracker.sources.transcripts.claude_code.copies import Copies
from tracker.sources.transcripts.folders import why_unreadable
from tracker.sources.transcripts.follow import follow
from tracker.sources.transcripts.news import TranscriptNews
from tracker.sources.transcripts.reader import NotATranscript, TranscriptReader

REPORTS_PER_COMMIT = 500
PORTION_BYTES = 4 * 1024 * 1024
FINISHED_SECONDS = 3600  # nobody has written for so long: what waits is told
Record = Callable[[Sequence[Arrival]], list[Answer]]


@dataclass(slots=True)
class ImportTotals:
    files: int = 0
    passed_over: PassedOver = field(default_factory=PassedOver)
    lines: int = 0
    malformed_lines: int = 0
    sessions: set[str] = field(default_factory=set)
    samples: int = 0
    known_samples: int = 0
    compactions: int = 0
    rejected: int = 0


class TranscriptImport:
    """Takes what readers bring into one project. `record` commits a group."""

    def __init__(self, project: Project, record: Record) -> None:
        self._project = project
        self._record = record
        self.totals = ImportTotals()
        self.readers: dict[Path, TranscriptReader] = {}
        self._copies = Copies()

    def read_file(self, path: Path, *, progress: Callable[[int], object]) -> None:
        """Read a file to its end; `progress` hears of the bytes read.

        A file that cannot be read, or is of no known format, is counted with the
        reason and ends nothing.
        """
        try:
            reader = TranscriptReader(path, copies=self._copies)
        except NotATranscript as error:
            self.totals.passed_over.unknown[error.reason] += 1
        except OSError as error:
            self.totals.passed_over.unreadable[why_unreadable(error)] += 1
        else:
            self._read(reader, progress)

    def _read(
        self, reader: TranscriptReader, progress: Callable[[int], object]
    ) -> None:
        path = reader.path
        self.totals.files += 1
        self.readers[path] = reader
        while True:
            try:
                news = reader.read_new(PORTION_BYTES)
                changed = path.stat().st_mtime
            except OSError as error:  # gone meanwhile
                self.totals.passed_over.unreadable[why_unreadable(error)] += 1
                return
            self.take(news)
            progress(news.bytes_read)
            if news.is_complete or not news.bytes_read:
                break
        if time.time() - changed > FINISHED_SECONDS:
            self.take(reader.flush())

    def take(self, news: TranscriptNews) -> None:
        totals = self.totals
        totals.lines += news.lines
        totals.malformed_lines += news.malformed_lines
        totals.sessions.update(news.sessions)
        for start in range(0, len(news.reports), REPORTS_PER_COMMIT):
            self._commit(news.reports[start : start + REPORTS_PER_COMMIT])
        for found in news.continuations:
            count_until_now(
                project_id=self._project.pk,
                session=found.session,
                lane=found.lane,
                messages=found.messages,
            )

    def _commit(self, reports: Sequence[UsageReport | CompressionReport]) -> None:
        now = datetime.now(UTC)
        arrivals = [
            Arrival(self._project.pk, self._reviewed(report), now) for report in reports
        ]
        answers = self._record(arrivals)
        look_back(answers)
        for arrival, answer in zip(arrivals, answers, strict=True):
            is_new = isinstance(answer, Outcome) and not answer.is_duplicate
            if not isinstance(answer, Outcome):
                self.totals.rejected += 1
            elif isinstance(arrival.report, UsageReport):
                self.totals.samples += is_new
                self.totals.known_samples += not is_new
            else:
                self.totals.compactions += is_new

    def _reviewed(
        self, report: UsageReport | CompressionReport
    ) -> UsageReport | CompressionReport:
        """A compaction with what it kept and lost, unless it is stored already."""
        if isinstance(report, UsageReport):
            return report
        if is_recorded(self._project.pk, report):
            return report
        return analyse(report, self._project.pk)


def keep_importing(
    paths: Iterable[Path], *, stop: threading.Event, say: Callable[[str], object]
) -> threading.Thread:
    """Import and follow in a thread of the server, through its writer."""

    def run() -> None:
        writer = running_writer(stop)
        if writer is None:
            return

        def record(arrivals: Sequence[Arrival]) -> list[Answer]:
            while True:
                try:
                    return writer.record_blocking(arrivals)
                except (Saturated, StoreUnavailable):
                    if stop.wait(1.0):
                        raise

        project = Project.objects.filter(slug="default").first()
        if project is None:
            say(
                "Transcripts are not followed: there is no project 'default' any more. "
                "Run: manage.py import_transcripts FOLDER --watch --project NAME"
            )
            return
        importing = TranscriptImport(project, record)
        told = SaidOnce(say)
        try:
            follow(paths, on_reports=importing.take, stop=stop, passed_over=told.take)
        except Exception as error:
            if not stop.is_set():
                say(f"Transcripts are no longer followed: {error}")

    thread = threading.Thread(target=run, name="transcripts", daemon=True)
    thread.start()
    return thread
