"""manage.py import_transcripts PATH… [--watch]"""

from __future__ import annotations

import threading
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from tracker.changes.api_keys import create_project
from tracker.ingest.judging.record import Recorder
from tracker.management.transcripts import ImportTotals, TranscriptImport
from tracker.sources.transcripts.folders import transcript_files
from tracker.sources.transcripts.follow import follow
from tracker.workers.pool import stop_workers


class Command(BaseCommand):
    help = "Import transcripts of Claude Code and Codex; --watch follows them."

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
        importing = TranscriptImport(project, Recorder().record)
        try:
            files = transcript_files(
                paths, passed_over=importing.totals.passed_over.take
            )
            self._import(importing, list(files))
            self.stdout.write(closing_table(importing.totals))
            if options["watch"]:
                self.stderr.write("Following; Ctrl-C ends.")
                follow(
                    paths,
                    on_reports=importing.take,
                    stop=threading.Event(),
                    readers=importing.readers,
                )
        except KeyboardInterrupt:
            self.stderr.write("Stopped; what was read is stored.")
        finally:
            stop_workers()

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
        ("malformed lines", totals.malformed_lines),
        ("reports refused", totals.rejected),
    ]
    width = max(26, *(len(name) + 2 for name, _ in rows))
    return "\n".join(f"{name:<{width}}{number:>10,}" for name, number in rows)
