"""What a server over a large store costs: processor time of it and of PostgreSQL."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.bench.load_client import Load, run_load
from tests.bench.server import Server, environment

PACK = """
import django; django.setup()
from django.utils import timezone
from tracker.upkeep.key_packing import pack_resting
print(pack_resting(timezone.now(), pause=lambda _: None))
"""
REJUDGE = """
import importlib, django; django.setup()
from tracker.models import Policy
Policy.objects.filter(name="default").update(warning_percent=70)
try:
    from tracker.changes.policies.rejudge import rejudge_sessions
except ImportError:
    from tracker.ingest.rejudge import rejudge_sessions
print(rejudge_sessions())
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of the clock, and of the processor: by the server and by PostgreSQL."""

    wall: float
    app: float
    store: float

    def __str__(self) -> str:
        return f"{self.wall:,.1f} / {self.app:,.1f} / {self.store:,.1f} s"

    def each(self, number: int) -> str:
        wall, app, store = (1e3 * s / number for s in (self.wall, self.app, self.store))
        return f"{wall:,.0f} / {app:,.0f} / {store:,.0f} ms"


@dataclass(slots=True)
class Build:
    """A build's server over a store. `postmaster` is 0 on SQLite."""

    root: Path
    folder: Path
    url: str
    postmaster: int
    key: str = ""
    cookie: str = ""

    @property
    def extra(self) -> dict[str, str]:
        return {"DATABASE_URL": self.url} if self.url else {}

    def environment(self) -> dict[str, str]:
        return environment(
            self.folder, PYTHONPATH=str(self.root),
            DJANGO_SETTINGS_MODULE="budget_site.settings", **self.extra,
        )  # fmt: skip

    def store_seconds(self) -> float:
        """PostgreSQL's processor time so far, that of ended backends included."""
        if not self.postmaster:
            return 0.0
        postmaster = psutil.Process(self.postmaster)
        times = postmaster.cpu_times()
        found = times.user + times.system + times.children_user + times.children_system
        for child in postmaster.children():
            with contextlib.suppress(psutil.NoSuchProcess):
                own = child.cpu_times()
                found += own.user + own.system
        return float(found)

    def page(self, server: Server, path: str, *, times: int = 5) -> str:
        """Wall (median) and processor time (mean) of one request."""
        headers = {"Cookie": self.cookie, "Authorization": f"Bearer {self.key}"}
        if not path.startswith("/api/"):
            del headers["Authorization"]
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
        walls = []
        number = 0
        while number < times + 2:
            if number == 2:  # the first two warm the caches
                app, store = server.cpu_seconds, self.store_seconds()
            began = time.perf_counter()
            # Pages share what was drawn a moment ago; the others refuse what they
            # do not know.
            mark = "&" if "?" in path else "?"
            new = "" if path.startswith(("/api", "/admin")) else f"{mark}n={number}"
            connection.request("GET", path + new, headers=headers)
            answer = connection.getresponse()
            answer.read()
            walls.append(time.perf_counter() - began)
            if answer.status != 200:
                return f"answers {answer.status}"
            number += 1
            if walls[0] > 2 and times > 1:
                times = 1
        app, store = server.cpu_seconds - app, self.store_seconds() - store
        wall = statistics.median(walls[2:]) * times
        return Cost(wall, app, store).each(times)

    def load(self, server: Server, seconds: float, batch: int) -> str:
        app, store = server.cpu_seconds, self.store_seconds()
        load = Load(server.port, self.key, batch=batch, seconds=seconds, connections=16)
        found = run_load(load)
        reports = found["reports"] * seconds
        app, store = server.cpu_seconds - app, self.store_seconds() - store
        return (
            f"{found['reports']:,.0f}/s, {app / reports * 1e6:,.0f} / "
            f"{store / reports * 1e6:,.0f} µs"
        )

    def command(
        self, *arguments: str, server: Server | None = None, most: float = 1e9
    ) -> tuple[Cost, str, dict[str, float]]:
        """A command of the build: its cost, what it printed, and how long reports
        waited meanwhile (50 a second to `server`). Interrupted after `most` seconds.
        """
        store, began = self.store_seconds(), time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=self.root, env=self.environment(),
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            preexec_fn=_may_be_interrupted,
        )  # fmt: skip
        waited = {"p99_ms": 0.0, "max_ms": 0.0}
        status, usage = 0, None
        while True:
            if server is not None:
                found = run_load(Load(server.port, self.key, rate=50, seconds=3.0))
                waited = {name: max(waited[name], found[name]) for name in waited}
            else:
                time.sleep(0.02)  # wait4 alone tells what it cost, and has no limit
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            if time.perf_counter() - began > most:
                process.send_signal(signal.SIGINT)
                most = 1e9
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.stdout is not None
        said = process.stdout.read().strip()
        app = usage.ru_utime + usage.ru_stime
        wall = time.perf_counter() - began
        return Cost(wall, app, self.store_seconds() - store), said, waited


def _may_be_interrupted() -> None:
    """A bench in the background of a shell ignores SIGINT, and hands that on."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextlib.contextmanager
def timed(build: Build, found: dict[str, Any], name: str) -> Iterator[None]:
    """What the block took of the clock and of PostgreSQL."""
    store, began = build.store_seconds(), time.perf_counter()
    yield
    seconds = time.perf_counter() - began
    found[name] = f"{seconds:,.1f} / – / {build.store_seconds() - store:,.1f} s"
