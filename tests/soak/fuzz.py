"""Bad bodies at every way in, and odd questions: no 5xx, no traceback, flat memory."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from urllib.parse import quote

import httpx
import psutil

from tests.soak.mutations import HOSTILE, WAYS_IN, mutated
from tests.soak.server import SoakServer

CLIENTS = 6
READS = (
    "sessions", "events", "compressions", "sessions/fuzz", "sessions/fuzz/usage",
    "sessions/fuzz/events", "compressions/1", "export/usage.csv", "nothing",
)  # fmt: skip
NAMES = ("limit", "cursor", "level", "q", "after", "since", "until", "max_points", "x")
MIB = 2**20
GROWTH_MIB = 150  # caches fill up to their bounds; a leak of 50,000 requests is more


async def fuzz(server: SoakServer, *, requests: int, seed: int) -> str:
    """Raises AssertionError for a 5xx (with the seed that makes it again), an
    unhandled error in the log, memory that grows, or state that does not add up.
    """
    statuses: Counter[int] = Counter()
    failures: list[str] = []
    await _ask(server, seed, range(min(2_000, requests // 5)), statuses, failures)
    before = psutil.Process(server.pid).memory_info().rss
    rest = range(min(2_000, requests // 5), requests)
    await _ask(server, seed, rest, statuses, failures)
    grown = (psutil.Process(server.pid).memory_info().rss - before) / MIB
    server.end()
    assert not failures, "\n".join(failures[:20])
    log = server.log.read_text()
    assert "Traceback" not in log, log[log.index("Traceback") :][:3000]
    assert grown < GROWTH_MIB, f"memory grew by {grown:.0f} MiB"
    await asyncio.to_thread(server.manage, "verify")
    shown = ", ".join(f"{status}: {n:,}" for status, n in sorted(statuses.items()))
    return f"{requests:,} requests ({shown}), memory {grown:+.0f} MiB; all adds up"


async def _ask(
    server: SoakServer,
    seed: int,
    numbers: range,
    statuses: Counter[int],
    failures: list[str],
) -> None:
    waiting = iter(numbers)
    headers = {"Authorization": f"Bearer {server.key}"}
    async with httpx.AsyncClient(
        base_url=server.address, headers=headers, timeout=60
    ) as client:

        async def work() -> None:
            for number in waiting:
                status = await one(client, f"{seed}-{number}")
                statuses[status] += 1
                if status >= 500:
                    failures.append(f"{status} for seed {seed}-{number}")

        await asyncio.gather(*(work() for _ in range(CLIENTS)))


async def one(client: httpx.AsyncClient, seed: str) -> int:
    """The status of the request that this seed makes."""
    dice = random.Random(seed)
    if dice.random() < 0.15:
        names = dice.sample(NAMES, dice.choice((0, 1, 2)))
        query = "&".join(
            f"{n}={quote(str(dice.choice(HOSTILE)))[:2_000]}" for n in names
        )
        path = f"/api/v1/{dice.choice(READS)}?{query}"
        return (await client.get(path)).status_code
    path, good = dice.choice(WAYS_IN)
    if path.endswith("/optimize") and dice.random() < 0.8:
        path, good = WAYS_IN[0]  # compressing is slow: a fifth of its share
    body, headers = mutated(good, dice)
    return (await client.post(path, content=body, headers=headers)).status_code
