"""Imports session files through a writer, and takes what comes while they grow."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property, partial

from tracker.domain.compression_words import Keeping
from tracker.domain.reports import CompressionReport, UsageReport
from tracker.ingest.arrivals import Arrival, Rejection
from tracker.ingest.compressing.compress import analyse, is_recorded, look_back
from tracker.ingest.door.retrying import Retrying
from tracker.ingest.door.writer import Writer
from tracker.ingest.rows.compressions.compression_rows import keeping_of
from tracker.management.finishing import Finishing
from tracker.management.import_totals import ImportTotals
from tracker.management.read_files import ReadFiles
from tracker.models import Project
from tracker.sources.transcripts.finding.folders import BROKEN_LINK, GONE
from tracker.sources.transcripts.finding.looks import Look
from tracker.sources.transcripts.following.news import Report, TranscriptNews
from tracker.sources.transcripts.formats import EMPTY
from tracker.upkeep.deleted_files import note_deleted
from tracker.workers.callers import NotWorkedOut
from tracker.workers.jobs.parsing import FileOrder, FilePart, part_of
from tracker.workers.parsers import processes_for, read_files

REPORTS_PER_COMMIT = 500
# Where others' reports wait for the commit: with 500, one in twenty waited 1.9 times as
# long as without an import.
BESIDE_OTHERS = 100
logger = logging.getLogger(__name__)


class TranscriptImport:
    """Imports session files into one project.

    It continues after a report that the database refuses, which `totals` name. While
    the database is away it waits, as long as `retrying` says. A file that `files` knows
    is read on where it was left. Old compactions are stored without a review:
    `finishing` makes it when all samples are there. `serves`: this process answers
    requests meanwhile.
    """

    def __init__(
        self,
        project: Project,
        writer: Writer,
        retrying: Retrying,
        files: ReadFiles,
        *,
        totals: ImportTotals | None = None,
        serves: bool = False,
    ) -> None:
        self._project = project
        self._serves = serves
        self._at_once = BESIDE_OTHERS if serves else REPORTS_PER_COMMIT
        self._files = files
        self._writer = writer
        self._retrying = retrying
        self.finishing = Finishing(project, retrying, files)
        self.totals = totals or ImportTotals()
        self._reports: list[Report] = []
        self._names: list[str] = []  # the file of each
        self._read: list[tuple[FilePart, FileOrder | None]] = []

    def import_files(
        self,
        found: Sequence[tuple[str, Look]],
        *,
        progress: Callable[[int], object],
        stop: threading.Event | None = None,
    ) -> None:
        """Read these files to their ends; `progress` hears of the bytes read. A file
        that cannot be read, or is of no known format, is counted with the reason.

        `found` are all files that are there: one that was read before and is not among
        them has been deleted since. Where a folder could not be read nobody knows.
        """
        unreadable = self.totals.passed_over.unreadable.keys()
        if not unreadable - {BROKEN_LINK, GONE}:
            self._note_deleted(self._files.missing(name for name, _ in found))
        asked = [self._order(name, look) for name, look in found]
        orders = {order.name: order for order in asked if order is not None}
        progress(sum(look[0] for name, look in found if name not in orders))
        size = sum(order.look[0] for order in orders.values())
        processes = processes_for(size, serves=self._serves)
        parts = read_files(orders.values(), processes=processes)
        with contextlib.closing(parts):
            left = 0
            for part in parts:
                left = left or orders[part.name].look[0]
                self._add(part, orders[part.name])
                step = left if part.is_last else min(left, part.bytes_read)
                progress(step)
                left = 0 if part.is_last else left - step
                if stop is not None and stop.is_set():
                    return
        self._commit()

    def take(self, news: TranscriptNews) -> None:
        """Store what one reading of a followed file brought."""
        keeping = self._retrying(partial(keeping_of, self._project.pk))
        self._add(part_of(news, keeping), None)
        self._commit()

    def note_deleted(self, name: str) -> None:
        """The client has deleted a file that was read here, in this run or before."""
        self._note_deleted(self._files.forget(name))

    def _note_deleted(self, sessions: set[str]) -> None:
        for session in sorted(sessions):
            note = partial(
                note_deleted,
                project_id=self._project.pk,
                session=session,
                at=datetime.now(UTC),
            )
            self._retrying(note)

    def _order(self, name: str, look: Look) -> FileOrder | None:
        """None for a file that was read before, and looks as it did."""
        order = FileOrder(name, look, "", self._keeping)
        is_told = self._files.is_finished(name) or not order.is_old
        if is_told and self._files.look_of(name) == look:
            self.totals.unchanged += 1
            return None
        return replace(order, state=self._files.state_text_of(name))

    @cached_property
    def _keeping(self) -> Keeping:
        return self._retrying(partial(keeping_of, self._project.pk))

    def _add(self, part: FilePart, order: FileOrder | None) -> None:
        totals = self.totals
        totals.lines += part.lines
        totals.malformed_lines += part.malformed_lines
        totals.sessions.update(part.sessions)
        self._files.tells_of(part.name, part.sessions)
        if part.is_unknown and part.why == EMPTY and not totals.counts_empty:
            pass
        elif part.is_unknown:
            totals.passed_over.take_unknown(part.name, part.why)
        elif part.why:
            totals.passed_over.take_unreadable(part.name, part.why)
        elif part.is_last:
            totals.read_files.add(part.name)
        self._reports += part.reports
        self._names += [part.name] * len(part.reports)
        self._read.append((part, order))
        if len(self._reports) >= self._at_once:
            self._commit()

    def _commit(self) -> None:
        """Store what waits, and then that it was read."""
        for start in range(0, len(self._reports), self._at_once):
            end = start + self._at_once
            self._store(self._reports[start:end], self._names[start:end])
        for part, order in self._read:
            if order is not None and not part.why:
                self._keep(part, order)
            part.reports.clear()
        self._reports, self._names, self._read = [], [], []
        self._files.rest()

    def _keep(self, part: FilePart, order: FileOrder) -> None:
        if not part.is_last:
            self._files.keep_state(part.name, None, part.state)
            return
        is_finished = order.is_old and not part.since
        self._files.keep_state(
            part.name, order.look, part.state, is_finished=is_finished
        )
        if part.since:
            self.finishing.later(part.name, order.look, part.state, part.since)

    def _store(self, reports: Sequence[Report], names: Sequence[str]) -> None:
        now = datetime.now(UTC)
        arrivals = [
            Arrival(self._project.pk, self._reviewed(report), now) for report in reports
        ]
        answers = self._retrying(lambda: self._writer.record_blocking(arrivals))
        reviewed = [
            answer
            for report, answer in zip(reports, answers, strict=True)
            if isinstance(report, CompressionReport) and report.before is not None
        ]
        self._retrying(lambda: look_back(reviewed))
        for arrival, answer, name in zip(arrivals, answers, names, strict=True):
            self.totals.take(arrival, answer)
            if isinstance(answer, Rejection):
                self._files.distrust(name)

    def _reviewed(self, report: Report) -> Report:
        """Add to a new compaction of today what it kept and lost."""
        if isinstance(report, UsageReport) or report.before is None:
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
