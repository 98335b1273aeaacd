"""manage.py import_transcripts PATH… [--watch]"""

from __future__ import annotations

import threading
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from tqdm import tqdm

from tracker.changes.api_keys import create_project
from tracker.ingest.arrivals import Saturated, StoreUnavailable
from tracker.ingest.door.process import writer_of_a_command
from tracker.ingest.door.retrying import Retrying
from tracker.ingest.door.writer import Writer
from tracker.management.transcripts import ImportTotals, TranscriptImport
from tracker.models import Project
from tracker.sources.transcripts.folders import transcript_files
from tracker.sources.transcripts.follow import follow
from tracker.workers.pool import stop_workers

WAIT_SECONDS = 300.0  # for a database that is away


class Command(BaseCommand):
    help = "Import the session files of coding agents; --watch follows them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, help="files or folders")
        parser.add_argument("--project", default="default", help="slug; made if new")
        parser.add_argument("--watch", action="store_true", help="go on until Ctrl-C")

    def handle(self, *args: Any, paths: list[Path], **options: Any) -> None:
        for path in paths:
            if not path.exists():
                raise CommandError(f"There is no {path}: give files or folders.")
        project, made = create_project(slug=options["project"])
        if made:
            self.stderr.write(f"Made the project {project.slug!r}.")
        try:
            with writer_of_a_command() as writer:
                self._run(paths, project, writer, follows=options["watch"])
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
        self, paths: list[Path], project: Project, writer: Writer, *, follows: bool
    ) -> None:
        stop = threading.Event()
        importing = TranscriptImport(
            project, writer, Retrying(stop, seconds=WAIT_SECONDS)
        )
        files = transcript_files(paths, passed_over=importing.totals.passed_over.take)
        self._import(importing, list(files))
        self.stdout.write(closing_table(importing.totals))
        for line in importing.totals.passed_over.named():
            self.stderr.write(line)
        for refusal in importing.totals.refusals:
            self.stderr.write(f"Refused: {refusal}")
        if follows:
            self.stderr.write("Following; Ctrl-C ends.")
            follow(
                paths,
                on_reports=importing.take,
                stop=stop,
                readers=importing.readers,
            )

    def _import(self, importing: TranscriptImport, files: list[Path]) -> None:
        total = sum(map(_size, files))
        with tqdm(total=total, unit="B", unit_scale=True, desc="Importing") as bar:
            for file in files:
                bar.set_postfix_str(file.name[:24], refresh=False)
                importing.read_file(file, progress=bar.update)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:  # gone since the folders were walked
        return 0


def closing_table(totals: ImportTotals) -> str:
    """What was read, and how many files were passed over for which reason."""
    rows = [
        ("files", totals.files),
        *totals.passed_over.rows(),
        ("sessions", len(totals.sessions)),
        ("samples added", totals.samples),
        ("samples known before", totals.known_samples),
        ("compactions added", totals.compactions),
        ("compactions not reviewed", totals.unreviewed),
        ("malformed lines", totals.malformed_lines),
        ("reports refused", totals.rejected),
    ]
    width = max(26, *(len(name) + 2 for name, _ in rows))
    return "\n".join(f"{name:<{width}}{number:>10,}" for name, number in rows)
