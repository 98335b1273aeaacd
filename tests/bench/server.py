"""Our server as its own process over its own data folder, on a free loopback port."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
OURS = "tests.bench.endpoints:application"
START_SECONDS = 120  # also on a machine that is busy


class Server:
    """A running uvicorn. `key` is an API key, `database` its SQLite file."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, folder: Path):
        self.process, self.port, self.folder = process, port, folder
        self.key = ""

    @property
    def database(self) -> Path:
        return self.folder / "db.sqlite3"

    @property
    def cpu_seconds(self) -> float:
        """Processor time used so far, the kernel's for it included. To the nanosecond:
        a page takes less than the 10 ms that /proc counts in.
        """
        return time.clock_gettime(_cpu_clock_of(self.process.pid))

    @property
    def memory_mb(self) -> float:
        """Resident memory without what is shared with files (the WAL's map)."""
        memory = psutil.Process(self.process.pid).memory_info()
        return float(memory.rss - memory.shared) / 1e6


def _cpu_clock_of(pid: int) -> int:
    """As clock_getcpuclockid(3) makes it of another process's id on Linux."""
    return (~pid << 3) | 2


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def data_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="token-budget-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def prepare(folder: Path, *, root: Path = ROOT, **extra: str) -> str:
    """Migrate the database of `folder`; answers an API key. `root`: of which build."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.prepare"],
        cwd=root,
        env=environment(folder, PYTHONPATH=str(root), **extra),
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.split()[-1]


def environment(folder: Path, **extra: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("TOKEN_BUDGET")}
    for name in ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"):
        kept.pop(name, None)
    fixed = {"TOKEN_BUDGET_DATA": str(folder), "TOKEN_BUDGET_STATIC_FROM_SOURCE": "1"}
    return {**kept, **fixed, **extra}


@contextlib.contextmanager
def running(
    folder: Path,
    *,
    app: str = OURS,
    extra: dict[str, str] | None = None,
    root: Path = ROOT,
) -> Iterator[Server]:
    """`app` in uvicorn, until the block ends. `root`: of which build."""
    port = free_port()
    process = subprocess.Popen(
        [
            sys.executable, "-m", "uvicorn", app, "--host", "127.0.0.1",
            "--port", str(port), "--log-level", "warning", "--no-access-log",
            "--lifespan", "on", "--ws-max-size", "65536", "--no-server-header",
            "--backlog", "4096",
        ],
        cwd=root,
        env=environment(folder, PYTHONPATH=str(root), **(extra or {})),
    )  # fmt: skip
    try:
        _wait_for(process, port)
        yield Server(process, port, folder)
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", port), timeout=1),
        ):
            return
        time.sleep(0.05)
    raise RuntimeError(f"no server on port {port} after {START_SECONDS} s")
