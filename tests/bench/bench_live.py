"""How soon open overview sockets hear of a report, and what a socket costs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from tests.bench.load_client import Load, run_load
from tests.bench.report import Table, median
from tests.bench.server import Server, data_folder, prepare, running
from tests.bench.watching import watched

TICK_MS = 100
RATE = 500


def run(*, quick: bool, samples: int) -> Iterator[Table]:
    rounds, seconds = (1, 4.0) if quick else (5, 6.0)
    table = Table("bench-live", f"Live: {RATE} reports/s, tick {TICK_MS} ms")
    with data_folder() as folder:
        key = prepare(folder)
        with running(folder) as server:
            run_load(Load(server.port, key, batch=100, requests=50))
            for sockets, beyond in ((200, 15), (1_000, 50)):
                latency(table, server, key, sockets, beyond, rounds, seconds)
    group(table, seconds)
    table.remarks.append(
        "Latency is from the sending of the POST to the frame's arrival at each "
        "socket, of the oldest report in the frame; the POST's own p99 counts from "
        "when it was due. Client and sockets share the machine's cores with the "
        "server. Ours come up to 50 messages to a frame, a group's one by one."
    )
    yield table


def latency(
    table: Table,
    server: Server,
    key: str,
    sockets: int,
    beyond_ms: int,
    rounds: int,
    seconds: float,
) -> None:
    p50, p99, posts, kib, told, cpu = [], [], [], [], [], []
    for _ in range(rounds):
        before = server.memory_mb
        with watched(server, key, sockets=sockets) as watching:
            kib.append((server.memory_mb - before) * 1e6 / 1024 / sockets)
            spent = server.cpu_seconds
            load = Load(server.port, key, rate=RATE, seconds=seconds, is_marked=True)
            posts.append(run_load(load)["p99_ms"])
            cpu.append((server.cpu_seconds - spent) / seconds)
            time.sleep(0.5)
            seen = watching.finish()
        if seen["closed"]:
            raise RuntimeError(f"{seen['closed']} sockets were closed")
        p50.append(seen["p50_ms"])
        p99.append(seen["p99_ms"])
        told.append(seen["messages"] / seconds)
    most = TICK_MS + beyond_ms
    table.add(
        f"{sockets:,} sockets: POST to socket, p50 / p99",
        f"{median(p50):.0f} / {median(p99):.0f} ms",
        goal=f"p99 ≤ {most} ms", is_met=median(p99) <= most,
        note=f"p99 of the POST itself {median(posts):.0f} ms; the server used "
        f"{median(cpu):.0%} of a core",
    )  # fmt: skip
    table.add(f"{sockets:,} sockets: messages delivered", f"{median(told):,.0f}/s")
    if sockets == 1_000:
        # The first round pays for what later ones reuse.
        table.add(
            "memory of a socket", f"{max(kib):.1f} KiB", goal="≤ 25 KiB",
            is_met=max(kib) <= 25,
        )  # fmt: skip


def group(table: Table, seconds: float) -> None:
    """Channels' own way: 1,000 members of one group, messages as fast as it takes."""
    with (
        data_folder() as folder,
        running(folder, app="tests.bench.channels_group:application") as server,
        watched(server, "", sockets=1_000, greetings=0) as watching,
    ):
        start = time.perf_counter()
        sent: dict[str, Any] = run_load(
            Load(server.port, path="/send", connections=1, seconds=seconds)
        )
        seen = watching.finish()
        rate = seen["frames"] / (time.perf_counter() - start)
    table.add(
        "Channels group of 1,000: messages delivered", f"{rate:,.0f}/s",
        note=f"{sent['rate']:,.0f} messages/s were put in",
    )  # fmt: skip
    ours = next(row for row in table.rows if "1,000 sockets: mess" in row.name)
    times = float(ours.value.removesuffix("/s").replace(",", "")) / max(rate, 1)
    table.add("ours / group", f"{times:.0f} ×", goal="≥ 10 ×", is_met=times >= 10)
