"""LLM spans a second by OTLP: ours committed, against Arize Phoenix's stored ones."""

from __future__ import annotations

import time
from collections.abc import Iterator

from tests.bench.bench_ingest import Measure, interleaved, rate
from tests.bench.load_client import Load, run_load
from tests.bench.phoenix import RELEASE, Phoenix, phoenix
from tests.bench.report import Table, median, spread
from tests.bench.server import Server, data_folder, prepare, running

PATH = "/v1/traces"
GOAL = 30  # times Phoenix, in batches of 100
REST_GOALS = {1: 50, 100: 150}  # the same by POST /api/v1/usage
REMARK = (
    "Ours answers after the commit (`synchronous=FULL`). Phoenix answers before it "
    "stores (`synchronous=OFF`), so its spans count until they are visible in its "
    "SQLite; and it does more for each: it keeps every attribute and text, and makes "
    "traces, sessions and costs of them. One LLM span of OpenInference has about "
    "1.1 KB; both were sent by the same client, in turns."
)


def run(*, quick: bool, samples: int) -> Iterator[Table]:
    rounds, seconds = (2, 2.0) if quick else (3, 4.0)
    with data_folder() as folder, data_folder() as rival:
        key = prepare(folder)
        with running(folder) as ours, phoenix(rival) as theirs:
            found = interleaved(
                {
                    "rest 1": rate(ours, key, seconds),
                    "ours 1": our_rate(ours, key, seconds, batch=1, connections=32),
                    "theirs 1": their_rate(theirs, spans=300, batch=1, connections=32),
                    "rest 100": rate(ours, key, seconds, batch=100, connections=8),
                    "ours 100": our_rate(ours, key, seconds, batch=100, connections=8),
                    "theirs 100": their_rate(
                        theirs, spans=1_000, batch=100, connections=8
                    ),
                },
                rounds,
            )
    yield _table(found, rounds)


def our_rate(
    server: Server, key: str, seconds: float, *, batch: int, connections: int
) -> Measure:
    load = Load(
        server.port, key, path=PATH, batch=batch, connections=connections,
        seconds=seconds, is_otlp=True,
    )  # fmt: skip
    return lambda: float(run_load(load)["reports"])


def their_rate(rival: Phoenix, *, spans: int, batch: int, connections: int) -> Measure:
    """Spans a second from the first one's sending until all are in the store."""
    load = Load(
        rival.port, path=PATH, batch=batch, requests=spans // batch, is_otlp=True,
        connections=min(connections, spans // batch),
    )  # fmt: skip

    def measure() -> float:
        before = rival.stored_spans()
        result = run_load(load)
        answered = time.perf_counter()
        rival.wait_for(before + spans)
        # The client's own start is no part of it.
        return spans / (spans / result["reports"] + time.perf_counter() - answered)

    return measure


def _table(found: dict[str, list[float]], rounds: int) -> Table:
    title = f"LLM spans by OTLP (protobuf), medians of {rounds} interleaved rounds"
    table = Table("bench-otlp", title)
    for batch, words in ((1, "one span a request"), (100, "batches of 100")):
        ours, theirs = found[f"ours {batch}"], found[f"theirs {batch}"]
        times = median(ours) / median(theirs)
        table.add(f"{words}: committed", spread(ours, "/s"))
        table.add(f"{words}: Phoenix {RELEASE}, stored", spread(theirs, "/s"))
        table.add(
            f"{words}: ours / Phoenix",
            f"{times:.0f} ×",
            goal=f"≥ {GOAL} ×" if batch > 1 else "",
            is_met=times >= GOAL if batch > 1 else None,
        )
        rest, goal = found[f"rest {batch}"], REST_GOALS[batch]
        times = median(rest) / median(theirs)
        table.add(f"{words}: reports by POST /usage, committed", spread(rest, "/s"))
        table.add(
            f"{words}: reports / Phoenix's spans",
            f"{times:.0f} ×",
            goal=f"≥ {goal} ×",
            is_met=times >= goal,
        )
    table.remarks.append(REMARK)
    return table
