"""Arize Phoenix as a rival: an environment of its own, its server, what it stored."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench.server import ROOT, free_port

RELEASE = "20.26.1"
VENV = ROOT / ".venv-clients" / "phoenix"
START_SECONDS = 120  # its first start makes its tables
STORE_SECONDS = 180


@dataclass(frozen=True, slots=True)
class Phoenix:
    port: int
    database: Path

    def stored_spans(self) -> int:
        with contextlib.closing(
            sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)
        ) as store:
            return int(store.execute("SELECT count(*) FROM spans").fetchone()[0])

    def wait_for(self, spans: int) -> None:
        """Until so many are in its store. RuntimeError if they never are."""
        until = time.monotonic() + STORE_SECONDS
        while (stored := self.stored_spans()) < spans:
            if time.monotonic() > until:
                raise RuntimeError(f"Phoenix stored {stored:,} of {spans:,} spans")
            time.sleep(0.05)


def install() -> Path:
    """Its own python, made once. Some 400 MB of wheels."""
    python, done = VENV / "bin" / "python", VENV / f"phoenix-{RELEASE}"
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
        pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        subprocess.run([*pip, f"arize-phoenix=={RELEASE}"], check=True)
        done.touch()
    return python


@contextlib.contextmanager
def phoenix(folder: Path) -> Iterator[Phoenix]:
    """Its server as it starts by itself (SQLite), over an empty folder."""
    port = free_port()
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PHOENIX")}
    env = {
        **kept,
        "PHOENIX_WORKING_DIR": str(folder),
        "PHOENIX_HOST": "127.0.0.1",
        "PHOENIX_PORT": str(port),
        "PHOENIX_GRPC_PORT": str(free_port()),
        "PHOENIX_TELEMETRY_ENABLED": "false",
    }
    with (folder / "phoenix.log").open("wb") as log:
        process = subprocess.Popen(
            [str(install()), "-m", "phoenix.server.main", "serve"],
            env=env,
            stdout=log,
            stderr=log,
        )
    try:
        _wait_for(process, port, folder)
        yield Phoenix(port, folder / "phoenix.db")
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5)
            return
        time.sleep(0.2)
    said = (folder / "phoenix.log").read_text(errors="replace")[-1500:]
    raise RuntimeError(f"Phoenix did not start: {said}")
