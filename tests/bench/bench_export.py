"""The export of all samples, in processor time, beside SQLite and csv alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

from tests.bench.filling import fill
from tests.bench.report import Table
from tests.bench.server import ROOT, data_folder, environment, prepare

MOST_RAW = 3.0
MOST_FIRST_MS = 100.0


def run(*, quick: bool, samples: int) -> Iterator[Table]:
    samples = 60_000 if quick else min(samples, 400_000)
    table = Table("bench-export", f"Export of {samples:,} samples")
    with data_folder() as folder:
        prepare(folder)
        fill(folder / "db.sqlite3", sessions=200, samples=samples)
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.export_once"],
            cwd=ROOT,
            env=environment(folder),
            check=True,
            capture_output=True,
            text=True,
        )
    found = [line.split() for line in done.stdout.splitlines()]
    per_row = [1e6 * float(seconds) / int(rows) for rows, seconds, _ in found]
    table.add("SQLite and csv alone, a row", f"{per_row[2]:.1f} µs")
    for name, cost, line in zip(("CSV", "NDJSON"), per_row[:2], found, strict=False):
        first = 1000 * float(line[2])
        table.add(
            f"{name}, a row / SQLite and csv alone", f"{cost / per_row[2]:.2f} ×",
            goal=f"≤ {MOST_RAW:g} ×", is_met=cost / per_row[2] <= MOST_RAW,
            note=f"{cost:.1f} µs",
        )  # fmt: skip
        table.add(
            f"{name}, first bytes", f"{first:.0f} ms",
            goal=f"≤ {MOST_FIRST_MS:g} ms", is_met=first <= MOST_FIRST_MS,
        )  # fmt: skip
    table.remarks.append("Processor time of the exporting process.")
    yield table
