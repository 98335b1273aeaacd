"""What compressing without a pause costs the reports that come in meanwhile."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

import httpx

from tests.bench.generated_chats import make_chat
from tests.bench.load_client import Load, run_load
from tests.bench.report import Table
from tests.bench.server import data_folder, prepare, running

RATE = 200.0  # reports a second: what a busy team sends, far below the limit
MESSAGES = 1_500  # about 94,000 tokens
numbers = itertools.count()


def run(*, quick: bool = False, samples: int = 0) -> Iterator[Table]:
    """Idle and compressing in turns; `samples` is other benches' word."""
    rounds, seconds = (3, 4.0) if quick else (5, 8.0)
    idle: list[float] = []
    busy: list[float] = []
    done: list[int] = []
    with data_folder() as folder:
        key = prepare(folder)
        with running(folder) as server:
            load = Load(server.port, key, rate=RATE, seconds=seconds)
            with compressing(server.port, key) as count:
                until = time.monotonic() + 60  # the first one waits for the worker
                while not count and time.monotonic() < until:
                    time.sleep(0.1)
            for _ in range(rounds):
                idle.append(run_load(load)["p99_ms"])
                with compressing(server.port, key) as count:
                    busy.append(run_load(load)["p99_ms"])
                    done.append(len(count))
    table = Table("bench-compressing", f"p99 of reports, medians of {rounds} rounds")
    table.add(f"idle, {RATE:,.0f} reports/s", f"{median(idle):.1f} ms")
    times = median(busy) / median(idle)
    table.add(
        "while one client compresses without a pause",
        f"{median(busy):.1f} ms",
        note=f"{median(done):.0f} conversations of {MESSAGES:,} messages",
    )
    table.add("compressing / idle", f"{times:.1f} ×", goal="≤ 2 ×", is_met=times <= 2)
    yield table


@contextmanager
def compressing(port: int, key: str) -> Iterator[list[int]]:
    """One client that sends a conversation as soon as the last has come back."""
    messages = make_chat(1, messages=MESSAGES).messages
    stop, count = threading.Event(), list[int]()

    def work() -> None:
        headers = {"Authorization": f"Bearer {key}"}
        with httpx.Client(headers=headers, timeout=60) as client:
            while not stop.is_set():
                # Every second one goes on in its session: rebuilt, and looked back.
                session = f"c{next(numbers) // 2}"
                address = f"http://127.0.0.1:{port}/api/v1/sessions/{session}"
                body = {"messages": messages, "force": True}
                answer = client.post(f"{address}/optimize", json=body)
                count.append(answer.status_code)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield count
    finally:
        stop.set()
        thread.join()
    assert set(count) <= {200, 201}, count
