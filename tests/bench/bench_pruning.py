"""What reports wait for while old history is forgotten beside the server."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench.filling import fill
from tests.bench.load_client import Load, run_load
from tests.bench.report import Table
from tests.bench.server import ROOT, data_folder, environment, prepare, running

MOST_MS = 50
RATE = 300  # reports a second, singles


def run(*, quick: bool, samples: int) -> Iterator[Table]:
    samples = 60_000 if quick else 400_000
    seconds = 5.0 if quick else 20.0
    table = Table("bench-pruning", f"Pruning half of {samples:,} samples under load")
    with data_folder() as folder:
        key = prepare(folder)
        database = folder / "db.sqlite3"
        fill(database, sessions=200, samples=samples)
        _keep_two_weeks(database)
        os.sync()  # what filling left to be written would be waited for by others
        with running(folder) as server:
            load = Load(server.port, key, rate=RATE, seconds=seconds)
            idle = run_load(load)
            prune = subprocess.Popen(
                [sys.executable, "manage.py", "prune"],
                cwd=ROOT,
                env=environment(folder),
                stdout=subprocess.PIPE,
                text=True,
            )
            busy = run_load(load)
            said = prune.communicate(timeout=900)[0].strip()
    table.add("p99 of a report, idle", f"{idle['p99_ms']:.1f} ms")
    table.add("p99 of a report, pruning", f"{busy['p99_ms']:.1f} ms")
    table.remarks.append(f"{RATE} reports/s. {said}")
    longest = float(said.rsplit("transaction ", 1)[1].split(" ms")[0])
    table.add(
        "longest transaction of the pruning", f"{longest:.0f} ms",
        goal=f"≤ {MOST_MS} ms", is_met=longest <= MOST_MS,
    )  # fmt: skip
    yield table


def _keep_two_weeks(database: Path) -> None:
    """Samples reach 30 days back; their sessions are to say so."""
    db = sqlite3.connect(database)
    db.execute("UPDATE tracker_project SET retention_days = 14")
    db.execute(
        "UPDATE tracker_llmsession SET first_at = datetime('now', '-30 days'), "
        "created_at = datetime('now', '-30 days')"
    )
    db.commit()
    db.close()
