"""Session files that a server imports and follows by itself, in a thread."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from django.db import DatabaseError, connection

from tracker.changes.agent_import import Progress
from tracker.ingest.door.process import running_writer
from tracker.ingest.door.retrying import Retrying
from tracker.management.finishing import Finishing
from tracker.management.import_totals import ImportTotals
from tracker.management.read_files import ReadFiles
from tracker.management.transcripts import TranscriptImport
from tracker.models import Project
from tracker.sources.transcripts.finding.folders import transcript_looks
from tracker.sources.transcripts.finding.looks import Look
from tracker.sources.transcripts.finding.passed_over import SaidOnce
from tracker.sources.transcripts.following.follow import follow
from tracker.sources.transcripts.following.news import TranscriptNews

SAY_SECONDS = 10.0
Say = Callable[[str], object]


def keep_importing(
    paths: Iterable[Path],
    *,
    stop: threading.Event,
    say: Say,
    progress: Progress | None = None,
) -> threading.Thread:
    """Import and follow `paths` in a thread, through the writer of this server.

    It ends when `stop` is set. `say` gets a sentence when it cannot go on. `progress`
    is kept up to date, for a page to show.
    """
    shown = progress or Progress()
    paths = [path.absolute() for path in paths]

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
        files = ReadFiles(project, retrying, folders=paths)
        told = SaidOnce(say, shown.passed_over)
        totals = ImportTotals(
            read_files=shown.files,
            sessions=shown.sessions,
            passed_over=shown.passed_over,
            counts_empty=False,
        )
        importing = TranscriptImport(
            project, writer, retrying, files, totals=totals, serves=True
        )

        def take(news: TranscriptNews) -> None:
            importing.take(news)
            shown.read_bytes += news.bytes_read

        def idle() -> None:
            shown.is_read = True
            told.idle()

        try:
            _import_what_is_there(importing, paths, shown, stop, say)
            _finish_beside(importing.finishing, stop, say)
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


def _import_what_is_there(
    importing: TranscriptImport,
    paths: Iterable[Path],
    shown: Progress,
    stop: threading.Event,
    say: Say,
) -> None:
    found: list[tuple[str, Look]] = []
    for path in paths:
        with contextlib.suppress(FileNotFoundError):  # the client has yet to make it
            passed_over = importing.totals.passed_over.take
            found += transcript_looks(path, passed_over=passed_over)
    total = sum(look[0] for _, look in found)
    progress = _Sayings(total, importing.totals, say)

    def add(size: int) -> None:
        shown.read_bytes += size
        progress.add(size)

    importing.import_files(found, progress=add, stop=stop)
    progress.end()


class _Sayings:
    """Prints the progress of a long import every SAY_SECONDS, and once at its end."""

    def __init__(self, total: int, totals: ImportTotals, say: Say) -> None:
        self._total, self._totals, self._say = total, totals, say
        self._done = 0
        self._before: int | None = None  # bytes that were not read now
        self._began = self._said = time.monotonic()

    def add(self, size: int) -> None:
        self._done += size
        if self._before is None:
            self._before = self._done
        now = time.monotonic()
        if now - self._said < SAY_SECONDS:
            return
        self._said = now
        rate = (self._done - self._before) / (now - self._began)
        left = (self._total - self._done) / rate if rate else 0.0
        self._say(
            f"Importing sessions: {self._done / 1e6:,.0f} of {self._total / 1e6:,.0f} "
            f"MB, {len(self._totals.sessions):,} sessions, {rate / 1e6:,.1f} MB/s, "
            f"{left:,.0f} s left"
        )

    def end(self) -> None:
        if self._said > self._began:
            self._say(
                f"Imported {self._totals.samples:,} samples of "
                f"{len(self._totals.sessions):,} sessions."
            )


def _finish_beside(finishing: Finishing, stop: threading.Event, say: Say) -> None:
    """Reviews take longer than the import; what comes meanwhile is followed."""

    def run() -> None:
        try:
            finishing.run(stop, lambda: None)
        except Exception as error:  # noqa: BLE001  # whatever ends it must be told
            if not stop.is_set():
                say(f"Reviews of imported compactions wait for the next start: {error}")
        connection.close()

    threading.Thread(target=run, name="reviews of imports", daemon=True).start()
