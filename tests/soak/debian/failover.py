"""Reports while the leader of three PostgreSQL nodes is killed twice and cut off once.

What counts is what the clients were told: acknowledged reports are looked for at the
end. Each client sends a report again until it is acknowledged, as the client library
does.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx

from tests.site_process import SiteProcess
from tests.soak.debian.nodes import Node, Nodes, wait_until

RATE = 50  # reports a second
QUIET, AFTER, CUT = 15.0, 30.0, 45.0  # seconds
WHOLE = 240.0  # a node that was rewound or copied anew is back by then
EVENTS = ("leader killed", "leader killed", "leader cut off")


@dataclass
class Load:
    """RATE new reports a second, each sent again until it is acknowledged."""

    server: SiteProcess
    acknowledged: set[str] = field(default_factory=set)
    at: list[float] = field(default_factory=list)  # of each acknowledgement
    refused: Counter[str] = field(default_factory=Counter)
    is_over: bool = False

    async def run(self) -> None:
        headers = {"Authorization": f"Bearer {self.server.key}"}
        limits = httpx.Limits(max_connections=2_000)
        async with httpx.AsyncClient(
            base_url=self.server.address, headers=headers, timeout=35, limits=limits
        ) as client:
            number, began = 0, time.monotonic()
            sending = set()
            while not self.is_over:
                number += 1
                sending.add(asyncio.create_task(self._send(client, number)))
                due = began + number / RATE
                await asyncio.sleep(max(0.0, due - time.monotonic()))
            await asyncio.gather(*sending)

    async def _send(self, client: httpx.AsyncClient, number: int) -> None:
        body = {
            "session": f"s{number % 40}",
            "event_id": f"e{number}",
            "tokens": {"history": 1_000 + number % 150_000},
        }
        while True:
            try:
                answer = await client.post("/api/v1/usage", json=body)
            except httpx.TransportError as error:
                self.refused[type(error).__name__] += 1
                await asyncio.sleep(1)
                continue
            if answer.status_code in (200, 201):
                self.acknowledged.add(str(body["event_id"]))
                self.at.append(time.monotonic())
                return
            assert answer.status_code in (429, 503), answer.text
            self.refused[str(answer.status_code)] += 1
            await asyncio.sleep(float(answer.headers.get("Retry-After", 1)))

    def longest_silence(self, since: float) -> float:
        times = [since, *(at for at in self.at if at >= since)]
        return max(b - a for a, b in zip(times, times[1:], strict=False))


async def failover(folder: Path, *, is_synchronous: bool) -> dict[str, float]:
    """Counts for `Totals`. Raises AssertionError where an acknowledged report is
    stored twice; lost ones are told, because who loses them is the engine.
    """
    with Nodes(folder, is_synchronous=is_synchronous) as nodes:
        await asyncio.to_thread(nodes.make_database)
        place = folder / "server"
        place.mkdir()
        server = SiteProcess(place, database_url=nodes.database_url)
        await asyncio.to_thread(server.start)
        try:
            return await _rounds(nodes, server)
        finally:
            server.end()


async def _rounds(nodes: Nodes, server: SiteProcess) -> dict[str, float]:
    load = Load(server)
    running = asyncio.create_task(load.run())
    found: dict[str, float] = {}
    for number, event in enumerate(EVENTS, start=1):
        await asyncio.sleep(QUIET)
        leader = await asyncio.to_thread(nodes.leader)
        assert leader is not None, "no leader, or two"
        began = time.monotonic()
        act = _kill if event == "leader killed" else _cut_off
        await act(nodes, leader, partial(_goes_on, load, began))
        is_whole = await asyncio.to_thread(wait_until, nodes.is_whole, at_most=WHOLE)
        await asyncio.sleep(AFTER)
        silence = load.longest_silence(began)
        found[f"worst s without acknowledgement, {number} {event}"] = round(silence, 1)
        found["nodes not back"] = found.get("nodes not back", 0) + (not is_whole)
        print(f"  {event} ({leader.name}): {silence:.1f} s; whole again: {is_whole}",
              flush=True)  # fmt: skip
    load.is_over = True
    await asyncio.wait_for(running, 300)
    stored = Counter(await asyncio.to_thread(_stored, server))
    lost = load.acknowledged - stored.keys()
    doubled = sum(count - 1 for count in stored.values())
    assert doubled == 0, f"{doubled} doubled"
    return found | {
        "acknowledged": len(load.acknowledged),
        "stored": len(stored),
        "lost": len(lost),
        "doubled": doubled,
        "refused and sent again": load.refused.total(),
    }


def _goes_on(load: Load, since: float) -> bool:
    """Whether reports were acknowledged, not for a moment alone."""
    return len(load.at) > 0 and load.at[-1] > since + 10


async def _kill(nodes: Nodes, leader: Node, _: Callable[[], bool]) -> None:
    leader.kill()
    await asyncio.to_thread(
        wait_until, lambda: nodes.leader() not in (None, leader), at_most=120
    )
    leader.start()


async def _cut_off(nodes: Nodes, leader: Node, goes_on: Callable[[], bool]) -> None:
    leader.cut_off()
    try:
        await asyncio.sleep(CUT)
        await asyncio.to_thread(wait_until, goes_on, at_most=60)
    finally:
        leader.join()


def _stored(server: SiteProcess) -> list[str]:
    """Event ids as the export has them: every row, also doubled ones."""
    headers = {"Authorization": f"Bearer {server.key}"}
    address = f"{server.address}/api/v1/export/usage.ndjson"
    answer = httpx.get(address, headers=headers, timeout=120)
    assert answer.status_code == 200, answer.text
    return [json.loads(line)["event_id"] for line in answer.text.splitlines()]
