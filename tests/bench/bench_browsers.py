"""200 open browsers beside 500 reports a second: what they ask of the page server."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.bench.bench_history import login_cookie
from tests.bench.chromium_pages import chromium_pages
from tests.bench.load_client import Load, run_load
from tests.bench.report import Table, median
from tests.bench.server import ROOT, Server, data_folder, prepare, running

RATE = 500
PAGES = {"overview": 100, "list": 50, "session": 50}
# What the server lets all pages of a process ask for: pages/frame/fragment_pause.py.
ASKS_PER_SECOND = 20
SETTLING = 12.0  # seconds until each page has been told its pause
NEVER_MORE_THAN = 1.25  # times as often as simulated


def run(*, quick: bool, samples: int) -> Iterator[Table]:
    rounds, seconds = (1, 15.0) if quick else (2, 40.0)
    everyone = sum(PAGES.values())
    table = Table("bench-browsers", f"{everyone} open browsers, {RATE} reports/s")
    with data_folder() as folder:
        key = prepare(folder)
        cookie = login_cookie(folder)
        with running(folder) as server:
            run_load(Load(server.port, key, batch=100, requests=50))
            alone, quiet, asking = [], [], []
            for _ in range(rounds):
                alone.append(measured(server, key, seconds))
                with opened(server, cookie, is_quiet=True) as browsers:
                    quiet.append(measured(server, key, seconds, browsers))
                with opened(server, cookie) as browsers:
                    asking.append(measured(server, key, seconds, browsers))
            told(table, asking)
            held_up(table, alone, quiet, asking)
            compare(table, server, key, cookie, seconds)
    words = ", ".join(f"{count} {kind}" for kind, count in PAGES.items())
    table.remarks.append(
        f"Pages: {words}, each of the latter on a session of its own. Each follows the "
        "rules of static/tracker/live/fresh_fragments.js; the client, its sockets and "
        "the load share the machine's cores with the server."
    )
    yield table


def told(table: Table, rounds: list[dict[str, Any]]) -> None:
    rates = [one["rate"] for one in rounds]
    table.add(
        "fragments asked for, all browsers", f"{median(rates):.1f}/s",
        goal=f"≤ {ASKS_PER_SECOND}/s", is_met=max(rates) <= ASKS_PER_SECOND,
        note="the page's own throttle: it pauses as long as the server says, 2 s or "
        f"(open pages × its fragments / {ASKS_PER_SECOND}) s",
    )  # fmt: skip
    for kind in PAGES:
        each = median([one["rates"][kind] for one in rounds])
        table.add(f"each {kind} page", f"{each:.2f}/s")
    p50, p95 = (median([one[name] for one in rounds]) for name in ("p50_ms", "p95_ms"))
    table.add("a fragment: p50 / p95", f"{p50:.0f} / {p95:.0f} ms")


def held_up(table: Table, *cases: list[dict[str, Any]]) -> None:
    names = ("no browser", "browsers that only listen", "browsers that ask")
    for name, rounds in zip(names, cases, strict=True):
        cpu = median([one["cpu"] for one in rounds])
        p99 = median([one["post_p99_ms"] for one in rounds])
        first = median([one["first_p99_ms"] for one in rounds])
        table.add(
            f"{name}: p99 of a POST", f"{p99:.0f} ms",
            note=f"the server used {cpu:.0%} of a core; in the first {SETTLING:.0f} s "
            f"{first:.0f} ms",
        )  # fmt: skip


def compare(
    table: Table, server: Server, key: str, cookie: str, seconds: float
) -> None:
    """Whether the simulation is true: one more page of each kind, in Chromium."""
    with (
        opened(server, cookie) as browsers,
        chromium_pages(server.port, cookie) as real,
    ):
        if real is None:
            table.remarks.append("No Chromium here: the simulation was not compared.")
            return
        found: dict[str, float] = {}

        def watch() -> None:
            found.update(real.rates(seconds))

        simulated = measured(server, key, seconds, browsers, meanwhile=watch)["rates"]
    for kind, rate in found.items():
        # An ask more or less at the edges of the time.
        most = simulated[kind] * NEVER_MORE_THAN + 1 / seconds
        table.add(
            f"{kind} page in Chromium / simulated",
            f"{rate:.2f} / {simulated[kind]:.2f} asks/s",
            goal=f"≤ {most:.2f}/s", is_met=rate <= most,
        )  # fmt: skip


class Browsers:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def say(self, word: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()

    def result(self) -> dict[str, Any]:
        assert self._process.stdout
        found: dict[str, Any] = json.loads(self._process.stdout.readline())
        if found["closed"] or set(found["statuses"]) - {"200"}:
            raise RuntimeError(f"the browsers did not fare well: {found}")
        return found


def measured(
    server: Server,
    key: str,
    seconds: float,
    browsers: Browsers | None = None,
    *,
    meanwhile: Any = None,
) -> dict[str, Any]:
    """The p99 of reports and the server's share of a core, beside these browsers."""
    first = run_load(Load(server.port, key, rate=RATE, seconds=SETTLING))
    load = Load(server.port, key, rate=RATE, seconds=seconds)
    with ThreadPoolExecutor(1) as pool:
        posts = pool.submit(run_load, load)
        if browsers:
            browsers.say("begin")
        spent, start = server.cpu_seconds, time.perf_counter()
        if meanwhile:
            meanwhile()
        else:
            time.sleep(seconds)
        cpu = (server.cpu_seconds - spent) / (time.perf_counter() - start)
        if browsers:
            browsers.say("end")
        found = browsers.result() if browsers else {}
        later = posts.result()
    p99 = {"first_p99_ms": first["p99_ms"], "post_p99_ms": later["p99_ms"]}
    return {**found, **p99, "cpu": cpu}


@contextlib.contextmanager
def opened(
    server: Server, cookie: str, *, is_quiet: bool = False
) -> Iterator[Browsers]:
    spec = json.dumps(
        {"port": server.port, "cookie": cookie, "pages": PAGES, "is_quiet": is_quiet}
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.browsers", spec],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout
        if process.stdout.readline().strip() != "open":
            raise RuntimeError("the browsers did not open")
        yield Browsers(process)
    finally:
        process.kill()
        process.wait()
