"""What the gateway adds to a call, beside direct calls and other proxies.

Others are named by the environment: `TOKEN_BUDGET_RIVALS="headroom=http://127.0.0.1:1"`,
each started by hand with the upstream's address, which the bench prints.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import aiohttp

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
    print(f"  the upstream listens at {address}", flush=True)
    try:
        with data_folder() as folder:
            key = _prepared(folder, address)
            with running(folder, app="budget_site.asgi:application") as server:
                base = f"http://127.0.0.1:{server.port}/gateway/{key}/anthropic"
                yield asyncio.run(_added(address, base, server, quick))
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


async def _added(address: str, base: str, server: Server, quick: bool) -> Table:
    ways = {"direct": address, "gateway": base}
    for named in filter(None, os.environ.get("TOKEN_BUDGET_RIVALS", "").split(",")):
        name, _, url = named.partition("=")
        ways[name] = url
    bodies = _growing_bodies(CALLS // 4 if quick else CALLS)
    times: dict[str, list[float]] = {name: [] for name in ways}
    rates: dict[str, list[float]] = {name: [] for name in ways}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        for _ in range(2 if quick else ROUNDS):
            for name, url in ways.items():
                began = time.perf_counter()
                times[name] += [await _first_byte(http, url, body) for body in bodies]
                rates[name].append(len(bodies) / (time.perf_counter() - began))
        memory = server.memory_mb
        streams = await _open_streams(http, base)
        held = server.memory_mb - memory
        for stream in streams:
            stream.close()
    table = Table("bench-gateway", "What the gateway adds to a call")
    direct = _at(times["direct"], 0.5)
    for name, found in times.items():
        value = f"{_at(found, 0.5):.1f} / {_at(found, 0.99):.1f} ms"
        rate = sorted(rates[name])[len(rates[name]) // 2]
        note = f"{rate:.0f} calls a second, one after the other"
        if name != "direct":
            note += f"; {_at(found, 0.5) - direct:.1f} ms more than direct at p50"
        table.add(f"{name}: first byte, p50 / p99", value, note=note)
    added = _at(times["gateway"], 0.99) - _at(times["direct"], 0.99)
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
    headers = {"Content-Type": "application/json", "x-api-key": "k"}
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
    """In input tokens of the cache: a write counts 1.25, a read 0.1."""
    turns = TURNS // 4 if quick else TURNS
    table = Table("bench-gateway-costs", f"An agent of {turns} turns, in cache units")
    sliding, halving = _truncating(turns, by=1), _truncating(turns, by=2)
    compressed = _compressed(turns)
    saved = 1 - compressed / halving
    table.add("dropping its oldest turn at the window", f"{sliding:,.0f} tokens")
    table.add("dropping its older half at the window", f"{halving:,.0f} tokens")
    table.add(
        "through the gateway", f"{compressed:,.0f} tokens",
        goal="at least 40 % less than the older half", is_met=saved >= 0.4,
        note=f"{saved:.0%} less",
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


def _truncating(turns: int, *, by: int) -> float:
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
    return cost


def _compressed(turns: int) -> float:
    """What the gateway sends, without the network between."""
    from tests.bench.gateway_agent import sent_bodies

    cache, cost = PromptCache(), 0.0
    for body in sent_bodies(_agent(), turns, WINDOW):
        usage = cache.usage(body)
        assert sum(usage.values()) <= WINDOW
        cost += _unit_cost(usage)
    return cost
