"""What reporting costs the program's own thread: python -m tests.bench.bench_client

Real SDK objects, a real sender and a loopback server in a process of its own. Exits
with 1 where a call costs 50 µs or more on the caller's thread (median of the calls).
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
import sys
import tempfile
from collections.abc import Callable
from multiprocessing.connection import Connection
from time import perf_counter_ns, sleep
from types import SimpleNamespace
from typing import Any

import anthropic
import openai

from tracker.client import BudgetClient
from tracker.client.reporting.wrapping import wrap_client

LIMIT_US = 50.0
CALLS, PAUSE_EVERY = 3_000, 50
MESSAGES: Any = [{"role": "user", "content": "What is the capital of France?"}] * 50
USAGE = {"input_tokens": 3, "output_tokens": 29, "cache_read_input_tokens": 600}
STREAM = "an event of a stream"
MESSAGE = anthropic.types.Message(
    id="msg_1",
    type="message",
    role="assistant",
    model="claude-test",
    content=[],
    usage=anthropic.types.Usage(**USAGE),
)


def serve(pipe: Connection) -> None:
    from tests.client.fake_server import BudgetServer

    server = BudgetServer()
    pipe.send(server.url)
    pipe.recv()
    server.stop()


def cost_us(work: Callable[[], object], free: Callable[[], object]) -> list[float]:
    """Microseconds of each call above what the same call costs without reporting."""
    for _ in range(50):
        work()
    base = statistics.median(_times(free))
    return [took - base for took in _times(work)]


def _times(work: Callable[[], object]) -> list[float]:
    times = []
    for number in range(CALLS):
        started = perf_counter_ns()
        work()
        times.append((perf_counter_ns() - started) / 1_000)
        # A model answers in seconds; without a pause only a full queue is measured.
        if number % PAUSE_EVERY == 0:
            sleep(0.005)
    return times


class Instant:
    """An SDK client whose server answers at once: what remains is our own cost."""

    def request(self, cast_to: Any, options: Any, *, stream: bool = False) -> Any:
        return SimpleNamespace(_iterator=iter(EVENTS)) if stream else MESSAGE

    def copy(self) -> Any:
        return self

    with_options = copy


EVENTS = [
    openai.types.chat.ChatCompletionChunk(
        id="c", created=1, model="m", object="chat.completion.chunk", choices=[]
    )
] * 200


def ask(client: Any, *, stream: bool = False) -> Any:
    body = {"model": "m", "messages": MESSAGES, "stream": stream}
    options = SimpleNamespace(url="/chat/completions", json_data=body)
    answer = client.request(object, options, stream=stream)
    return list(answer._iterator) if stream else answer


def measure(budget: BudgetClient) -> dict[str, list[float]]:
    plain, wrapped = Instant(), Instant()
    wrap_client(wrapped, budget._reporter, {})
    works: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "record(answer)": (lambda: budget.record(MESSAGE), lambda: None),
        "report(tokens=…)": (
            lambda: budget.report(tokens={"history": 9}),
            lambda: None,
        ),
        "a wrapped call": (lambda: ask(wrapped), lambda: ask(plain)),
        STREAM: (lambda: ask(wrapped, stream=True), lambda: ask(plain, stream=True)),
    }
    costs = {}
    for name, (work, free) in works.items():
        costs[name] = cost_us(work, free)
        budget.flush(60)  # each begins with an empty queue
    costs[STREAM] = [took / len(EVENTS) for took in costs[STREAM]]
    return costs


def main() -> int:
    os.environ["TOKEN_BUDGET_STATE"] = tempfile.mkdtemp()
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,))
    process.start()
    budget = BudgetClient(ours.recv(), "tb_key", session="bench")
    try:
        costs = measure(budget)
        is_sent = budget.flush(60)
    finally:
        ours.send("stop")
        process.join()
    print(f"{'on the caller’s thread, µs':28} median    p99")
    for name, values in costs.items():
        p99 = statistics.quantiles(values, n=100)[98]
        print(f"{name:28} {statistics.median(values):6.1f} {p99:6.1f}")
    lost = budget.delivery.lost
    print(f"all sent: {is_sent}; lost: {lost}")
    slowest = max(statistics.median(values) for values in costs.values())
    return 0 if slowest < LIMIT_US and is_sent and not lost else 1


if __name__ == "__main__":
    sys.exit(main())
