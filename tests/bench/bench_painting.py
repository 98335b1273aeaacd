"""How soon a page is painted for the first time, in a real Chromium on loopback."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Any

from tests.bench.bench_history import login_cookie
from tests.bench.chromium_pages import chromium
from tests.bench.filling import fill
from tests.bench.report import Table, spread
from tests.bench.server import data_folder, prepare, running

MOST_MS = 300
FIRST_PAINT = """
() => new Promise((done) => new PerformanceObserver((list) => {
  const found = list.getEntriesByName("first-contentful-paint")[0];
  if (found) done(found.startTime);
}).observe({ type: "paint", buffered: true }))
"""


def run(*, quick: bool, samples: int) -> Iterator[Table]:
    sessions = 1_000 if quick else 10_000
    table = Table("bench-painting", f"First contentful paint, {sessions:,} sessions")
    with data_folder() as folder:
        prepare(folder)
        ids = fill(folder / "db.sqlite3", sessions=sessions, samples=samples // 10)
        cookie = login_cookie(folder)
        with running(folder) as server, chromium(server.port, cookie) as context:
            if context is None:
                table.remarks.append("There is no Chromium here: nothing was measured.")
                yield table
                return
            site = f"http://127.0.0.1:{server.port}"
            for name, path in (
                ("overview", "/"),
                ("list of sessions", "/sessions/"),
                ("page of a session", f"/sessions/{ids[0]}/"),
                ("fleet", "/fleet/"),
            ):
                times = paints(context, site + path, rounds=5 if quick else 15)
                table.add(
                    name, spread(times, " ms"),
                    goal=f"≤ {MOST_MS} ms", is_met=statistics.median(times) <= MOST_MS,
                )  # fmt: skip
    yield table


def paints(context: Any, address: str, *, rounds: int) -> list[float]:
    """Milliseconds from the start of the navigation; each in a new tab, the first
    one, which fetches scripts and styles, left out.
    """
    found = []
    for _ in range(rounds + 1):
        page = context.new_page()
        page.goto(address)
        found.append(float(page.evaluate(FIRST_PAINT)))
        page.close()
    return found[1:]
