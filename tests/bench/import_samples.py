"""`python -m tests.bench.import_samples FOLDER`: an import until all samples are there.

The reviews that follow are left out. Prints samples, processor seconds, memory (KB).
"""

from __future__ import annotations

import os
import resource
import sys
import threading
from pathlib import Path


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "budget_site.settings")
    import django

    django.setup()
    from tracker.changes.access.api_keys import create_project
    from tracker.ingest.door.process import writer_of_a_command
    from tracker.ingest.door.retrying import Retrying
    from tracker.management.read_files import ReadFiles
    from tracker.management.transcripts import TranscriptImport
    from tracker.sources.transcripts.finding.folders import transcript_files

    project, _ = create_project(slug="default")
    retrying = Retrying(threading.Event())
    with writer_of_a_command() as writer:
        files = ReadFiles(project, retrying)
        importing = TranscriptImport(project, writer, retrying, files)
        found = list(transcript_files([Path(sys.argv[1])]))
        importing.import_files(found, progress=lambda size: None)
        files.save()
    used = [resource.getrusage(resource.RUSAGE_SELF)]
    used.append(resource.getrusage(resource.RUSAGE_CHILDREN))
    seconds = sum(one.ru_utime + one.ru_stime for one in used)
    print(importing.totals.samples, seconds, max(one.ru_maxrss for one in used))


if __name__ == "__main__":
    main()
