"""How soon pages answer over much history, warm."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.filling import fill
from tests.bench.report import Table
from tests.bench.server import ROOT, Server, data_folder, environment, prepare, running

LOGIN = """
import django; django.setup()
from django.conf import settings
from django.contrib.auth import get_user_model, SESSION_KEY, BACKEND_SESSION_KEY
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
user = get_user_model().objects.create_superuser("bench", "", "bench")
session = SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.create()
print(f"{settings.SESSION_COOKIE_NAME}={session.session_key}")
"""
MOST_MS = 150


def run(*, quick: bool, samples: int) -> Iterator[Table]:
    sessions = 10_000 if quick else 100_000
    samples = min(samples, 100_000) if quick else samples
    requests = 10 if quick else 40
    title = f"Pages over {sessions:,} sessions and {samples + 100_000:,} samples"
    table = Table("bench-history", title)
    with data_folder() as folder:
        prepare(folder)
        database = folder / "db.sqlite3"
        fill(database, sessions=sessions, samples=max(samples, sessions))
        (long_one,) = fill(database, sessions=1, samples=100_000, prefix="long")
        cookie = login_cookie(folder)
        with running(folder) as server:
            for name, path in (
                ("overview", "/"),
                ("list of sessions", "/sessions/"),
                ("page of a session with 100,000 samples", f"/sessions/{long_one}/"),
                ("its chart's data", f"/sessions/{long_one}/figure.json"),
            ):
                measure(table, server, cookie, name, path, requests)
        size = os.path.getsize(database) / 1e6
        table.remarks.append(f"The database has {size:,.0f} MB.")
    yield table


def login_cookie(folder: Path, *, root: Path = ROOT, **extra: str) -> str:
    """`name=value` of a superuser who is logged in to the database of `folder`."""
    extra |= {"DJANGO_SETTINGS_MODULE": "budget_site.settings", "PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, "-c", LOGIN],
        cwd=root,
        env=environment(folder, **extra),
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout.strip()


def measure(
    table: Table, server: Server, cookie: str, name: str, path: str, requests: int
) -> None:
    times = []
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    for number in range(requests + 2):
        start = time.perf_counter()
        # Each its own address: one drawn for another a moment ago does not count.
        connection.request("GET", f"{path}?n={number}", headers={"Cookie": cookie})
        answer = connection.getresponse()
        answer.read(1)
        seconds = time.perf_counter() - start
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}")
        if number >= 2:  # the first two warm the caches
            times.append(seconds * 1e3)
    times.sort()
    p95 = times[int(len(times) * 0.95)]
    table.add(
        f"{name}: first byte, median / p95",
        f"{times[len(times) // 2]:.0f} / {p95:.0f} ms",
        goal=f"p95 ≤ {MOST_MS} ms", is_met=p95 <= MOST_MS,
    )  # fmt: skip
