"""Every GET over 1,000 and 100,000 sessions: bytes on the wire and processor time.

`--beside CHECKOUT` measures an older build over its own store of 100,000 in turns.
"""

from __future__ import annotations

import contextlib
import http.client
import statistics
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.bench_history import login_cookie
from tests.bench.columns import Columns
from tests.bench.filling_large import SQLite, fill
from tests.bench.report import Table
from tests.bench.server import ROOT, Server, data_folder, prepare, running

FEW, MANY = 1_000, 100_000
EACH = 3  # samples of a session
MOST_READ = 1_000_000  # bytes: a table of 100,000 samples takes minutes to its end
MOST_MS, MOST_GROWTH = 60.0, 2.0
# What open pages ask for again, and how large the issue lets some of them be.
MOST_KB = {"overview": 20.0, "… as a fragment": 8.0, "its chart's data": 20.0}


def run(
    *,
    quick: bool,
    samples: int,  # noqa: ARG001  # of the bench of history
    beside: str | None,
) -> Iterator[Table]:
    many, times = (10_000, 3) if quick else (MANY, 7)
    title = f"Every GET, {FEW:,} and {many:,} sessions of {EACH} samples"
    table = Columns(
        "bench-pages", title,
        ("page", f"{FEW:,}", f"{many:,}", "growth", "on the wire", "before", "ratio"),
    )  # fmt: skip
    with ExitStack() as held:
        small, large = (held.enter_context(_site(ROOT, n)) for n in (FEW, many))
        older = held.enter_context(_site(Path(beside), many)) if beside else None
        sites = [site for site in (small, large, older) if site is not None]
        for page in pages():
            found = _in_turns([(site, page) for site in sites], times)
            table.line(*_cells(page.name, *found))
    table.remarks += [
        "Processor time of the server until the first byte of the answer, median of "
        f"{times}, all stores in turns; the answer's bytes as compressed by gzip.",
        f"Wanted: {MOST_MS:g} ms at most, and {MOST_GROWTH:g} × of {FEW:,} sessions.",
    ]
    yield table


@dataclass(frozen=True, slots=True)
class Page:
    """`path` with `{pk}` for a session's id and `{long}` for the one of many samples.
    `is_fragment`: as htmx asks. `is_strict`: it refuses what it does not know.
    """

    name: str
    path: str
    is_fragment: bool = False

    @property
    def is_strict(self) -> bool:
        return self.path.startswith(("/api", "/admin", "/metrics"))


def pages() -> Iterator[Page]:
    for name, path in (
        ("overview", "/"),
        ("list of sessions", "/sessions/"),
        ("search: none", "/sessions/?q=zzzz-none"),
        ("search: one", "/sessions/?q=session-{pk}"),
        ("search: some", "/sessions/?q=host-77"),
        ("search: all", "/sessions/?q=Made"),
        ("search: two letters", "/sessions/?q=zq"),
    ):
        yield Page(name, path)
        yield Page("… as a fragment", path, is_fragment=True)
    for name, path in (
        ("a level that nobody is at", "/sessions/?level=exceeded"),
        ("a model that nobody has", "/sessions/?model=none-of-these"),
        ("find.json", "/find.json?q=session-{pk}"),
        ("list.csv", "/sessions/list.csv"),
        ("page of a session", "/sessions/{pk}/"),
        ("page of a session of 100,000 samples", "/sessions/{long}/"),
        ("its chart's data", "/sessions/{long}/figure.json"),
        ("its samples.csv", "/sessions/{long}/samples.csv"),
        ("events", "/events/"),
        ("search of events", "/events/?q=session-77"),
        ("compressions", "/compressions/"),
        ("fleet", "/fleet/"),
        ("its figure", "/fleet/figure.json"),
        ("groups of sessions", "/fleet/groups/"),
        ("spend", "/spend/"),
        ("policies", "/policies/"),
        ("gateway", "/gateway/"),
        ("alerts", "/alerts/"),
        ("integrations", "/integrations/"),
        ("API: sessions", "/api/v1/sessions"),
        ("API: search", "/api/v1/sessions?q=host-77"),
        ("API: one session", "/api/v1/sessions/session-{pk}"),
        ("API: events", "/api/v1/events"),
        ("API: compressions", "/api/v1/compressions"),
        ("API: spend", "/api/v1/spend"),
        ("export of sessions as NDJSON", "/api/v1/export/sessions.ndjson"),
        ("export of usage as CSV", "/api/v1/export/usage.csv"),
        ("metrics", "/metrics"),
        ("admin: sessions", "/admin/tracker/llmsession/"),
        ("admin: search of sessions", "/admin/tracker/llmsession/?q=session-{pk}"),
        ("admin: samples", "/admin/tracker/usagesample/"),
        ("admin: events", "/admin/tracker/thresholdevent/"),
    ):
        yield Page(name, path)


@dataclass(slots=True)
class Site:
    """A server over its own store of `sessions`, and a connection to it."""

    server: Server
    sessions: int
    cookie: str
    connection: http.client.HTTPConnection

    def ask(self, page: Page, number: int) -> Measured | None:
        """None where this build answers with anything but 200."""
        path = page.path.format(pk=self.sessions // 2, long=self.sessions + 1)
        if not page.is_strict:  # pages share what was drawn a moment ago
            path += f"{'&' if '?' in path else '?'}n={number}"
        headers = {"Accept-Encoding": "gzip", "Cookie": self.cookie}
        if page.path.startswith(("/api", "/metrics")):
            headers["Authorization"] = f"Bearer {self.server.key}"
            if page.path.startswith("/api"):
                del headers["Cookie"]
        if page.is_fragment:
            headers |= {"HX-Request": "true", "HX-Target": "sessions-table"}
        # While another store answers, the server hangs up on who is silent for 5 s.
        self.connection.close()
        self.connection.connect()
        began = self.server.cpu_seconds
        self.connection.request("GET", path, headers=headers)
        answer = self.connection.getresponse()
        size = len(answer.read(1))
        seconds = self.server.cpu_seconds - began
        while size < MOST_READ and (part := answer.read(1 << 16)):
            size += len(part)
        return Measured(seconds * 1e3, size / 1e3) if answer.status == 200 else None


@dataclass(frozen=True, slots=True)
class Measured:
    ms: float
    kb: float


@contextlib.contextmanager
def _site(root: Path, sessions: int) -> Iterator[Site]:
    print(f"  filling {sessions:,} sessions of {root.name}", flush=True)
    with data_folder() as folder:
        key = prepare(folder, root=root)
        store, now = SQLite(folder / "db.sqlite3"), datetime.now(UTC)
        fill(store, sessions=sessions, samples=EACH * sessions, now=now)
        cookie = login_cookie(folder, root=root)
        with running(folder, root=root) as server:
            server.key = key
            connection = http.client.HTTPConnection(
                "127.0.0.1", server.port, timeout=300
            )
            yield Site(server, sessions, cookie, connection)
            connection.close()


def _in_turns(asked: list[tuple[Site, Page]], times: int) -> list[Measured | None]:
    """The medians; the first two of each warm the caches."""
    found: list[list[Measured | None]] = [[] for _ in asked]
    for number in range(times + 2):
        for (site, page), known in zip(asked, found, strict=True):
            known.append(site.ask(page, number))
    return [_median([m for m in known[2:] if m is not None]) for known in found]


def _median(known: list[Measured]) -> Measured | None:
    if not known:
        return None
    ms, kb = ([getattr(m, name) for m in known] for name in ("ms", "kb"))
    return Measured(statistics.median(ms), statistics.median(kb))


def _cells(
    name: str,
    few: Measured | None,
    many: Measured | None,
    before: Measured | None = None,
) -> Iterator[str]:
    yield name
    if few is None or many is None:
        yield "not answered"
        return
    growth = many.ms / few.ms
    yield f"{few.ms:.1f} ms"
    yield _marked(f"{many.ms:.1f} ms", is_met=many.ms <= MOST_MS)
    yield _marked(f"{growth:.1f} ×", is_met=growth <= MOST_GROWTH)
    yield _marked(f"{many.kb:,.1f} KB", is_met=many.kb <= MOST_KB.get(name, many.kb))
    if before is not None:
        yield f"{before.ms:.1f} ms, {before.kb:,.0f} KB"
        yield f"{many.ms / before.ms:.2f}"


def _marked(text: str, *, is_met: bool) -> str:
    return text if is_met else f"**{text}**"
