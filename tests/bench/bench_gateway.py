"""What the gateway adds to a call, beside direct calls and other proxies
(`tests/bench/gateway_rivals.py` says how to name them).

Each body goes every way before the next one, in an order that turns: what else the
machine does falls on all of them alike.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import aiohttp

from tests.bench.gateway_rivals import KEY, Rival, rivals
from tests.bench.report import Table
from tests.bench.server import (
    ROOT,
    Server,
    data_folder,
    environment,
    free_port,
    running,
)
from tests.gateway.agents import Agent
from tests.gateway.provider_rules import PromptCache

ROUNDS, CALLS = 5, 80
OPEN_STREAMS = 500
WINDOW, TURNS, TURN_BYTES = 200_000, 400, 6_000
PATH = "/v1/messages"


def run(*, quick: bool = False, samples: int = 0) -> Iterator[Table]:
    """`samples` is another bench's word."""
    port = free_port()
    upstream = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.gateway_upstream", str(port)], cwd=ROOT
    )
    address = f"http://127.0.0.1:{port}"
    try:
        with data_folder() as folder:
            key = _prepared(folder, address)
            with running(folder, app="budget_site.asgi:application") as server:
                base = f"http://127.0.0.1:{server.port}/gateway/{key}/anthropic"
                with rivals(folder, address) as others:
                    yield asyncio.run(_added(address, base, server, others, quick))
    finally:
        upstream.terminate()
        upstream.wait()
    yield _costs(quick)


def _prepared(folder: Any, address: str) -> str:
    def manage(*arguments: str) -> str:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=environment(folder), check=True, capture_output=True,
            text=True,
        ).stdout  # fmt: skip

    manage("migrate", "--verbosity", "0")
    manage("upstream", "set", "anthropic", address)
    return manage("api_key", "create", "bench", "--scope", "gateway").split()[-1]


async def _added(
    address: str, base: str, server: Server, others: dict[str, Rival], quick: bool
) -> Table:
    ways = {"direct": address, "gateway": base}
    ways |= {name: rival.url for name, rival in others.items()}
    measured: dict[str, Server | Rival] = {"gateway": server, **others}
    bodies = _growing_bodies(CALLS // 4 if quick else CALLS)
    rounds = 2 if quick else ROUNDS
    times: dict[str, list[list[float]]] = {name: [] for name in ways}
    spent: dict[str, float] = {}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        for url in ways.values():  # what each does once
            await _first_byte(http, url, bodies[0])
        before = {name: each.cpu_seconds for name, each in measured.items()}
        for _ in range(rounds):
            found = await _round(http, ways, bodies)
            for name, took in found.items():
                times[name].append(took)
        for name, each in measured.items():
            spent[name] = (each.cpu_seconds - before[name]) / (rounds * len(bodies))
        memory = server.memory_mb
        streams = await _open_streams(http, base)
        held = server.memory_mb - memory
        for stream in streams:
            stream.close()
    table = Table("bench-gateway", "What the gateway adds to a call")
    p50 = {name: _median_of(each, 0.5) for name, each in times.items()}
    p99 = {name: _median_of(each, 0.99) for name, each in times.items()}
    more = {name: p50[name] - p50["direct"] for name in measured}
    for name in ways:
        note = ""
        if name in measured:
            note = (
                f"{more[name]:.2f} ms more than direct at p50, "
                f"{spent[name] * 1e3:.2f} ms of CPU a call, "
                f"{measured[name].memory_mb:.0f} MB"
            )
        value = f"{p50[name]:.1f} / {p99[name]:.1f} ms"
        table.add(f"{name}: first byte, p50 / p99", value, note=note)
    for name, times_less in (("headroom", 8), ("litellm", 10)):
        if name in others:
            _compare(table, name, times_less, more, spent)
    added = p99["gateway"] - p99["direct"]
    table.add(
        "added at p99", f"{added:.1f} ms", goal="at most 15 ms", is_met=added <= 15
    )
    each = held * 1e6 / 1024 / OPEN_STREAMS
    table.add(
        f"memory of an open stream ({OPEN_STREAMS} open)", f"{each:.0f} KiB",
        goal="at most 64 KiB", is_met=each <= 64,
    )  # fmt: skip
    table.add(
        "memory in all", f"{server.memory_mb:.0f} MB",
        goal="under 200 MB", is_met=server.memory_mb < 200,
    )  # fmt: skip
    return table


def _compare(
    table: Table,
    name: str,
    times_less: int,
    more: dict[str, float],
    spent: dict[str, float],
) -> None:
    ratio = more[name] / more["gateway"]
    table.add(
        f"{name} adds at p50", f"{ratio:.1f} times as much",
        goal=f"at least {times_less} times", is_met=ratio >= times_less,
    )  # fmt: skip
    ratio = spent[name] / spent["gateway"]
    table.add(
        f"calls a second of one core, beside {name}", f"{ratio:.1f} times as many",
        goal="at least 4 times", is_met=ratio >= 4,
    )  # fmt: skip


async def _round(
    http: aiohttp.ClientSession, ways: dict[str, str], bodies: list[bytes]
) -> dict[str, list[float]]:
    """In milliseconds, one for each body and way."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for number, body in enumerate(bodies):
        turn = number % len(ways)
        for name in [*list(ways)[turn:], *list(ways)[:turn]]:
            found[name].append(await _first_byte(http, ways[name], body))
    return found


def _median_of(rounds: list[list[float]], share: float) -> float:
    """The median of what each round says."""
    return _at([_at(each, share) for each in rounds], 0.5)


def _growing_bodies(calls: int) -> list[bytes]:
    """Of one agent, from 100 to 500 KB."""
    agent = Agent(None, size=400_000 // calls)  # type: ignore[arg-type]  # sent below
    while len(json.dumps(agent.body)) < 100_000:
        agent.grow()
    bodies = []
    for _ in range(calls):
        agent.grow()
        bodies.append(json.dumps(agent.body | {"stream": True}).encode())
    return bodies


async def _first_byte(http: aiohttp.ClientSession, url: str, body: bytes) -> float:
    """In milliseconds; the answer is read to its end."""
    began = time.perf_counter()
    headers = {"Content-Type": "application/json", "x-api-key": KEY}
    async with http.post(url + PATH, data=body, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        await answer.content.readany()
        took = (time.perf_counter() - began) * 1e3
        await answer.read()
    return took


async def _open_streams(
    http: aiohttp.ClientSession, url: str
) -> list[aiohttp.ClientResponse]:
    streams = []
    for number in range(OPEN_STREAMS):
        message = {"role": "user", "content": f"{number} " + "word " * 20_000}
        body = {"hold": True, "model": "claude-sonnet-4-5", "messages": [message]}
        answer = await http.post(url + PATH, data=json.dumps(body).encode())
        await answer.content.readany()
        streams.append(answer)
    return streams


def _at(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def _costs(quick: bool) -> Table:
    """In input tokens of the cache: a write counts 1.25, a read 0.1.

    Each turn's result begins with a number of its own; what is left of these in the
    last request is said beside the cost.
    """
    turns = TURNS // 4 if quick else TURNS
    table = Table("bench-gateway-costs", f"An agent of {turns} turns, in cache units")
    for by, what in ((1, "oldest turn"), (2, "older half")):
        halving, kept = _truncating(turns, by=by)
        table.add(
            f"dropping its {what} at the window", f"{halving:,.0f} tokens",
            note=f"{kept:.0%} of the results' numbers are in the last request",
        )  # fmt: skip
    compressed, kept = _compressed(turns)
    saved = 1 - compressed / halving
    table.add(
        "through the gateway", f"{compressed:,.0f} tokens",
        goal="at least 40 % less than the older half", is_met=saved >= 0.4,
        note=f"{saved:.0%} less; {kept:.0%} of the numbers",
    )  # fmt: skip
    for compress in (75, 65):
        cost, kept = _compressed(turns, compress)
        table.add(
            f"through the gateway, compressing from {compress} % on instead of 85 %",
            f"{cost:,.0f} tokens",
            note=f"{1 - cost / halving:.0%} less; {kept:.0%} of the numbers",
        )  # fmt: skip
    return table


def _unit_cost(usage: dict[str, int]) -> float:
    return (
        usage["input_tokens"]
        + usage["cache_creation_input_tokens"] * 1.25
        + usage["cache_read_input_tokens"] * 0.1
    )


def _agent() -> Agent:
    return Agent(None, size=TURN_BYTES)  # type: ignore[arg-type]  # it does not call


def _kept(body: dict[str, Any], turns: int) -> float:
    text = json.dumps(body)
    numbers = range(1001, 1001 + turns)
    return sum(f"E{number} " in text for number in numbers) / turns


def _truncating(turns: int, *, by: int) -> tuple[float, float]:
    """It drops its oldest turn, or with `by` 2 its older half, whenever the next call
    would not fit: the first writes the whole cache anew with each call then.
    """
    agent, cache, cost = _agent(), PromptCache(), 0.0
    for _ in range(turns):
        agent.grow()
        while len(json.dumps(agent.body)) // 4 > WINDOW:
            half = len(agent.messages) // 4 * 2
            del agent.messages[1 : 3 if by == 1 else 1 + half]
        cost += _unit_cost(cache.usage(agent.body))
    return cost, _kept(agent.body, turns)


def _compressed(turns: int, compress: float = 85) -> tuple[float, float]:
    """What the gateway sends, without the network between."""
    from tests.bench.gateway_agent import sent_bodies

    cache, cost = PromptCache(), 0.0
    last: dict[str, Any] = {}
    for body in sent_bodies(_agent(), turns, WINDOW, compress):
        usage = cache.usage(body)
        assert sum(usage.values()) <= WINDOW
        cost += _unit_cost(usage)
        last = body
    return cost, _kept(last, turns)
