"""logs/judgements.jsonl: several processes write and rotate one file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROCESSES, LINES, FILE_BYTES = 4, 1_000, 4_000
WRITE = f"""
import sys, json, logging, django
django.setup()
logger = logging.getLogger("tracker.judgements")
(handler,) = logger.handlers
handler.maxBytes, handler.backupCount = {FILE_BYTES}, 200
print("ready", flush=True)
sys.stdin.readline()
for number in range({LINES}):
    logger.info(json.dumps([sys.argv[1], number, "x" * 100]))
"""


def test_processes_that_rotate_one_file_lose_no_line(tmp_path: Path) -> None:
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "budget_site.settings",
        "TOKEN_BUDGET_DATA": str(tmp_path),
    }
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WRITE, str(number)],
            cwd=ROOT, env=env, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for number in range(PROCESSES)
    ]  # fmt: skip
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:  # all at once: each is past its imports
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    errors = [process.communicate(timeout=60)[1] for process in processes]

    files = list((tmp_path / "logs").glob("judgements.jsonl*"))
    lines = [line for file in files for line in file.read_text().splitlines()]
    written = [json.loads(line) for line in lines]
    assert errors == [""] * PROCESSES
    assert len(files) > PROCESSES
    assert {(who, number) for who, number, _ in written} == {
        (str(who), number) for who in range(PROCESSES) for number in range(LINES)
    }
    assert len(written) == PROCESSES * LINES
    assert max(file.stat().st_size for file in files) < FILE_BYTES + 1_000


def test_the_files_stay_within_200_mib() -> None:
    from django.conf import settings

    handler = settings.LOGGING["handlers"]["judgements"]

    assert handler["maxBytes"] * (handler["backupCount"] + 1) == 200 * 1024 * 1024
