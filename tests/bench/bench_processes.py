"""The same 32 connections over 1, 2 and 3 server processes on one PostgreSQL.

`--beside CHECKOUT` measures an older build over its own PostgreSQL in turns.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.bench.columns import Columns
from tests.bench.load_client import Load, run_load
from tests.bench.report import Table, median
from tests.bench.server import ROOT, Server, data_folder, prepare, running
from tests.bench.store_costs import Build
from tracker.management.local_services import local_services

CONNECTIONS = 32
MOST_COST = 1.15


def run(
    *,
    quick: bool,
    samples: int,  # noqa: ARG001  # of the bench of history
    beside: str | None,
) -> Iterator[Table]:
    rounds, seconds = (2, 2.0) if quick else (5, 5.0)
    table = Columns(
        "bench-processes",
        f"The same {CONNECTIONS} connections over several processes",
        ("build", "processes", "reports/s", "CPU a report", "of that PostgreSQL's",
         "CPU / one process"),
    )  # fmt: skip
    roots = [ROOT, *([Path(beside)] if beside else [])]
    with ExitStack() as held:
        clusters = [_cluster(held, root) for root in roots]
        found: dict[tuple[str, int], list[Measured]] = {}
        for _ in range(rounds):
            for cluster in clusters:
                for count in (1, 2, 3):
                    measured = cluster.measure(count, seconds)
                    found.setdefault((cluster.name, count), []).append(measured)
    for (name, count), each in found.items():
        cost = median([m.cost for m in each])
        ratio = cost / median([m.cost for m in found[name, 1]])
        shown = f"{ratio:.2f}" if ratio <= MOST_COST else f"**{ratio:.2f}**"
        table.line(
            name, str(count), f"{median([m.rate for m in each]):,.0f}",
            f"{cost:,.0f} µs", f"{median([m.store for m in each]):,.0f} µs", shown,
        )  # fmt: skip
    table.remarks.append(
        f"Medians of {rounds} rounds, all in turns; single reports. Wanted: at most "
        f"{MOST_COST:g} of one process."
    )
    yield table


@dataclass(frozen=True, slots=True)
class Measured:
    """Reports a second; microseconds of all servers and PostgreSQL for each, and
    PostgreSQL's part of them.
    """

    rate: float
    cost: float
    store: float


@dataclass(frozen=True, slots=True)
class Cluster:
    """Three server processes of one build. Those that nobody asks rest."""

    name: str
    build: Build
    servers: list[Server]

    def measure(self, count: int, seconds: float) -> Measured:
        shares = [(CONNECTIONS + n) // count for n in range(count)]
        loads = [
            Load(server.port, self.build.key, connections=share, seconds=seconds)
            for server, share in zip(self.servers, shares, strict=False)
        ]
        began, store = self._cpu(), self.build.store_seconds()
        with ThreadPoolExecutor(count) as clients:
            results = list(clients.map(run_load, loads))
        rate = sum(result["reports"] for result in results)
        reports = sum(sum(result["statuses"].values()) for result in results)
        store = self.build.store_seconds() - store
        app = self._cpu() - began
        return Measured(rate, 1e6 * (app + store) / reports, 1e6 * store / reports)

    def _cpu(self) -> float:
        return sum(server.cpu_seconds for server in self.servers)


def _cluster(held: ExitStack, root: Path) -> Cluster:
    folder = held.enter_context(data_folder())
    services = held.enter_context(local_services(folder))
    urls = {"DATABASE_URL": services.database_url, "REDIS_URL": services.redis_url}
    postmaster = int((folder / "postgres/postmaster.pid").read_text().split()[0])
    build = Build(root, folder, services.database_url, postmaster)
    build.key = prepare(folder, root=root, **urls)
    servers = [
        held.enter_context(running(folder, extra=urls, root=root)) for _ in range(3)
    ]
    return Cluster(root.name, build, servers)
