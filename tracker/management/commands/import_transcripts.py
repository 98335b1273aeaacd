"""manage.py import_transcripts PATH… [--watch]"""

from __future__ import annotations

import contextlib
import threading
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from tqdm import tqdm

from tracker.changes.access.api_keys import create_project
from tracker.ingest.arrivals import Saturated, StoreUnavailable
from tracker.ingest.door.process import writer_of_a_command
from tracker.ingest.door.retrying import Retrying
from tracker.ingest.door.writer import Writer
from tracker.management.import_totals import ImportTotals
from tracker.management.read_files import ReadFiles
from tracker.management.transcripts import TranscriptImport
from tracker.models import Project
from tracker.reading.tokenizer_check import TAG
from tracker.sources.transcripts.finding.folders import transcript_files
from tracker.sources.transcripts.following.follow import follow
from tracker.workers.pool import stop_workers

WAIT_SECONDS = 300.0  # for a database that is away


class Command(BaseCommand):
    help = "Import the session files of coding agents; --watch follows them."
    requires_system_checks = [TAG]  # all others read the whole site

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, help="files or folders")
        parser.add_argument("--project", default="default", help="slug; made if new")
        parser.add_argument("--watch", action="store_true", help="go on until Ctrl-C")
        parser.add_argument(
            "--again",
            action="store_true",
            help="read every file from its start, also those that have not changed",
        )

    def handle(self, *args: Any, paths: list[Path], **options: Any) -> None:
        for path in paths:
            if not path.exists():
                raise CommandError(f"There is no {path}: give files or folders.")
        paths = [path.absolute() for path in paths]
        project, made = create_project(slug=options["project"])
        if made:
            self.stderr.write(f"Made the project {project.slug!r}.")
        try:
            with writer_of_a_command() as writer:
                self._run(
                    paths,
                    project,
                    writer,
                    follows=options["watch"],
                    reads_again=options["again"],
                )
        except KeyboardInterrupt:
            self.stderr.write("Stopped; what was read is stored.")
        except (Saturated, StoreUnavailable, DatabaseError) as error:
            raise CommandError(
                f"The import stopped: {error}. Run it again: what is stored already "
                "counts once."
            ) from error
        finally:
            stop_workers()

    def _run(
        self,
        paths: list[Path],
        project: Project,
        writer: Writer,
        *,
        follows: bool,
        reads_again: bool,
    ) -> None:
        stop = threading.Event()
        retrying = Retrying(stop, seconds=WAIT_SECONDS)
        files = ReadFiles(project, retrying, folders=paths, reads_again=reads_again)
        importing = TranscriptImport(project, writer, retrying, files)
        try:
            self._import(importing, paths)
            self._finish(importing, stop)
            self._tell(importing.totals)
            if follows:
                self.stderr.write("Following; Ctrl-C ends.")
                follow(
                    paths,
                    on_reports=importing.take,
                    stop=stop,
                    memory=files,
                    deleted=importing.note_deleted,
                )
        finally:
            with contextlib.suppress(DatabaseError):
                files.save()

    def _import(self, importing: TranscriptImport, paths: list[Path]) -> None:
        totals = importing.totals
        found = list(transcript_files(paths, passed_over=totals.passed_over.take))
        size = sum(look[0] for _, look in found)
        with tqdm(total=size, unit="B", unit_scale=True, desc="Importing") as bar:

            def progress(size: int) -> None:
                bar.set_postfix_str(f"{len(totals.sessions):,} sessions", refresh=False)
                bar.update(size)

            importing.import_files(found, progress=progress)

    def _finish(self, importing: TranscriptImport, stop: threading.Event) -> None:
        """The samples are there; reviews of compactions follow, the newest first."""
        finishing = importing.finishing
        count = finishing.count()
        if count:
            with tqdm(total=count, desc="Reviewing compactions, newest first") as bar:
                finishing.run(stop, bar.update)
        importing.totals.unreviewed += finishing.unreviewed

    def _tell(self, totals: ImportTotals) -> None:
        self.stdout.write(totals.table())
        for line in totals.passed_over.named():
            self.stderr.write(line)
        for refusal in totals.refusals:
            self.stderr.write(f"Refused: {refusal}")
