"""How many reports a second are judged, stored and acknowledged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench.filling import fill
from tests.bench.load_client import Load, run_load
from tests.bench.raw_inserts import raw_rate
from tests.bench.report import Table, median, spread
from tests.bench.server import Server, data_folder, prepare, running
from tests.bench.watching import watched

Measure = Callable[[], float]
CONDITIONS = (
    "Authentication, validation, judgement, threshold events and live publishing to "
    "an open overview socket are on; `synchronous=FULL`; acknowledged after the "
    "commit; random event ids made by the client."
)


def run(*, quick: bool, samples: int) -> Iterator[Table]:
    yield rates(quick=quick)
    yield growth(quick=quick, samples=2_000_000 if not quick else 200_000)
    yield endurance(reports=50_000 if quick else 1_000_000)


def interleaved(measures: dict[str, Measure], rounds: int) -> dict[str, list[float]]:
    """Each measure once a round, so that a slow minute hits all of them."""
    found: dict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        for name, measure in measures.items():
            found[name].append(measure())
    return found


def rates(*, quick: bool) -> Table:
    rounds, seconds = (2, 1.5) if quick else (5, 3.0)
    with data_folder() as folder, data_folder() as stock, data_folder() as raw:
        key = prepare(folder)
        with (
            running(folder) as ours,
            running(stock, app="tests.bench.stock_django:application") as plain,
            watched(ours, key, sockets=1),
        ):
            prepare_raw(raw)
            found = interleaved(
                {
                    "null": rate(ours, key, seconds, path="/null"),
                    "single": rate(ours, key, seconds),
                    "stock": rate(plain, key, seconds, path="/save"),
                    "batch 100": rate(ours, key, seconds, batch=100, connections=8),
                    "batch 500": rate(ours, key, seconds, batch=500, connections=4),
                    "raw 500": lambda: raw_rate(
                        raw / "db.sqlite3", batch=500, seconds=seconds
                    ),
                },
                rounds,
            )
            half = median(found["single"]) / 2
            paced = [
                run_load(Load(ours.port, key, rate=half, seconds=seconds))["p99_ms"]
                for _ in range(rounds)
            ]
    return _rates_table(found, half, paced, rounds)


def _rates_table(
    found: dict[str, list[float]], half: float, paced: list[float], rounds: int
) -> Table:
    middle = {name: median(values) for name, values in found.items()}
    table = Table("bench-ingest", f"Ingest, medians of {rounds} interleaved rounds")
    table.add("endpoint that only decodes", spread(found["null"], "/s"))
    table.add("single reports", spread(found["single"], "/s"))
    table.share("single / decode only", middle["single"] / middle["null"], least=0.30)
    table.add("stock Django view saving one row", spread(found["stock"], "/s"))
    times = middle["single"] / middle["stock"]
    table.add("single / stock", f"{times:.1f} ×", goal="≥ 12 ×", is_met=times >= 12)
    table.add("batches of 100", spread(found["batch 100"], "/s"))
    table.add("batches of 500", spread(found["batch 500"], "/s"))
    table.add("raw executemany of 500", spread(found["raw 500"], "/s"))
    table.share(
        "batches of 500 / raw", middle["batch 500"] / middle["raw 500"], least=0.40
    )
    p99 = median(paced)
    table.add(
        f"p99 of a single at half load ({half:,.0f}/s)", f"{p99:.1f} ms",
        goal="≤ 15 ms", is_met=p99 <= 15,
    )  # fmt: skip
    table.remarks.append(CONDITIONS)
    return table


def rate(
    server: Server,
    key: str,
    seconds: float,
    *,
    path: str = "/api/v1/usage",
    batch: int = 1,
    connections: int = 32,
) -> Measure:
    load = Load(
        server.port, key, path=path, batch=batch, connections=connections,
        seconds=seconds,
    )  # fmt: skip
    return lambda: float(run_load(load)["reports"])


def prepare_raw(folder: Path) -> None:
    prepare(folder)
    fill(folder / "db.sqlite3", sessions=1_000, samples=1_000)


def growth(*, quick: bool, samples: int) -> Table:
    """The same load on a small and on a large store, in turns."""
    rounds, seconds = (2, 1.5) if quick else (5, 3.0)
    table = Table("bench-growth", f"Ingest as the store grows to {samples:,} samples")
    with data_folder() as small, data_folder() as large:
        keys = prepare(small), prepare(large)
        fill(small / "db.sqlite3", sessions=100, samples=20_000)
        fill(large / "db.sqlite3", sessions=10_000, samples=samples)
        with running(small) as few, running(large) as many:
            found = interleaved(
                {
                    "few 1": rate(few, keys[0], seconds),
                    "many 1": rate(many, keys[1], seconds),
                    "few 500": rate(few, keys[0], seconds, batch=500, connections=4),
                    "many 500": rate(many, keys[1], seconds, batch=500, connections=4),
                },
                rounds,
            )
    for batch, least in ((1, 0.80), (500, 0.40)):
        few_rates, many_rates = found[f"few {batch}"], found[f"many {batch}"]
        table.add(f"batches of {batch}, 20,000 stored", spread(few_rates, "/s"))
        table.add(f"batches of {batch}, {samples:,} stored", spread(many_rates, "/s"))
        table.share(
            "large / small", median(many_rates) / median(few_rates), least=least
        )
    return table


def endurance(*, reports: int) -> Table:
    """Memory while many sessions are reported, in batches of 100."""
    table = Table("bench-memory", f"Memory over {reports:,} reports, 10,000 sessions")
    with data_folder() as folder:
        key = prepare(folder)
        with running(folder) as server:
            table.add("idle", f"{server.memory_mb:.0f} MB")
            for part in range(1, 5):
                load = Load(
                    server.port, key, batch=100, connections=4, sessions=10_000,
                    requests=reports // 400,
                )  # fmt: skip
                run_load(load)
                last = part == 4
                memory = server.memory_mb
                table.add(
                    f"after {reports * part // 4:,}", f"{memory:.0f} MB",
                    goal="≤ 200 MB" if last else "",
                    is_met=memory <= 200 if last else None,
                )  # fmt: skip
    return table
