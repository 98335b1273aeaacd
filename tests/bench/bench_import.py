"""The import of session files, in processor time, beside ccusage on the same files."""

from __future__ import annotations

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench.report import Table
from tests.bench.server import ROOT, data_folder, environment, prepare
from tests.bench.session_files import write_files

CCUSAGE = "ccusage@20.0.24"  # native; its binary comes with it
MOST_CCUSAGE = 8.0
MOST_CHECKS = 1.3


def run(*, quick: bool, samples: int) -> Iterator[Table]:  # noqa: ARG001  # `samples` is for the bench of history
    megabytes = 60 if quick else 300
    table = Table("bench-import", f"Import of {megabytes} MB of Claude Code's files")
    with data_folder() as folder:
        prepare(folder)
        home = folder / "claude"
        requests = write_files(home, megabytes)
        check = statistics.median(_manage(folder, "check") for _ in range(5))
        stored, cold, memory = _cold(folder, home)
        assert stored == requests, f"{stored} samples of {requests} requests"
        reviews = _manage(folder, "import_transcripts", str(home))
        again = statistics.median(
            _manage(folder, "import_transcripts", str(home)) for _ in range(5)
        )
        peer = _ccusage(folder, home, table)
    table.add("`manage.py check`", f"{check:.2f} s")
    table.add(
        "until all samples are stored", f"{cold:.2f} s",
        note=f"{requests:,} samples; {megabytes / cold:.0f} MB/s",
    )  # fmt: skip
    if peer is not None:
        table.add(
            "the same, without starting / ccusage", f"{(cold - check) / peer:.1f} ×",
            goal=f"≤ {MOST_CCUSAGE:g} ×", is_met=(cold - check) / peer <= MOST_CCUSAGE,
        )  # fmt: skip
    table.add("reviews of the compactions, afterwards", f"{reviews - check:.2f} s")
    table.add(
        "again, nothing new / check", f"{again / check:.2f} ×",
        goal=f"≤ {MOST_CHECKS:g} ×", is_met=again / check <= MOST_CHECKS,
    )  # fmt: skip
    table.add(
        "memory at most", f"{memory / 1000:.0f} MB",
        goal="≤ 200 MB", is_met=memory <= 200_000,
    )  # fmt: skip
    table.remarks.append("Processor seconds of all processes, with the kernel's.")
    yield table


def _cold(folder: Path, home: Path) -> tuple[int, float, int]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.import_samples", str(home)],
        cwd=ROOT,
        env=environment(folder),
        check=True,
        capture_output=True,
        text=True,
    )
    stored, seconds, memory = done.stdout.split()
    return int(stored), float(seconds), int(memory)


def _manage(folder: Path, *words: str) -> float:
    return _seconds([sys.executable, "manage.py", *words], environment(folder))


def _seconds(command: list[str], environment: dict[str, str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _ccusage(folder: Path, home: Path, table: Table) -> float | None:
    """Its processor seconds; None, with a remark, where npm does not bring it."""
    npm = shutil.which("npm")
    if npm is None:
        table.remarks.append("Without npm there is no ccusage to compare with.")
        return None
    place = {**os.environ, "npm_config_cache": str(folder / "npm"), "HOME": str(folder)}
    installed = subprocess.run(
        [npm, "install", "--silent", "--prefix", str(folder / "peer"), CCUSAGE],
        env=place,
        capture_output=True,
        check=False,
    )
    if installed.returncode:
        table.remarks.append(f"npm did not bring {CCUSAGE}.")
        return None
    command = [str(folder / "peer/node_modules/.bin/ccusage"), "daily", "--json"]
    place["CLAUDE_CONFIG_DIR"] = str(home)
    told = subprocess.run(
        [*command, "--offline"], env=place, capture_output=True, check=True
    )
    tokens = json.loads(told.stdout)["totals"]["cacheReadTokens"]
    table.remarks.append(f"{CCUSAGE} found {tokens:,} tokens read from caches.")
    return statistics.median(_seconds([*command, "--offline"], place) for _ in range(3))
