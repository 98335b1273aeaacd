"""Bad bodies at every way in, and odd questions: no 5xx, no traceback, flat memory."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from urllib.parse import quote

import httpx
import psutil

from tests.site_process import SiteProcess
from tests.soak.journal import Journal
from tests.soak.mutations import HOSTILE, WAYS_IN, mutated

CLIENTS = 6
READS = (
    "sessions", "events", "compressions", "sessions/fuzz", "sessions/fuzz/usage",
    "sessions/fuzz/events", "compressions/1", "export/usage.csv", "nothing",
)  # fmt: skip
NAMES = ("limit", "cursor", "level", "q", "after", "since", "until", "max_points", "x")
MIB = 2**20
GROWTH_MIB = 150  # caches fill up to their bounds; a leak of 50,000 requests is more


async def fuzz(server: SiteProcess, *, requests: int, seed: int) -> str:
    """Raises AssertionError for a 5xx (with the seed that makes it again), an
    unhandled error in the log, memory that grows, or state that does not add up.
    """
    asking = Asking(server, requests=requests, seed=seed)
    await asking.go_on(min(2_000, requests // 5))
    before = psutil.Process(server.pid).memory_info().rss
    await asking.go_on(requests)
    grown = (psutil.Process(server.pid).memory_info().rss - before) / MIB
    server.end()
    asking.journal.close()
    assert not asking.failures, "\n".join(asking.failures[:20])
    log = server.log.read_text()
    assert "Traceback" not in log, log[log.index("Traceback") :][:3000]
    assert grown < GROWTH_MIB, f"memory grew by {grown:.0f} MiB"
    await asyncio.to_thread(server.manage, "verify")
    statuses = sorted(asking.statuses.items())
    shown = ", ".join(f"{status}: {n:,}" for status, n in statuses)
    return f"{requests:,} requests ({shown}), memory {grown:+.0f} MiB; all adds up"


class Asking:
    """Asks from CLIENTS sides at once, and notes what was answered to which number:
    a later run in the same folder asks what is missing.
    """

    def __init__(self, server: SiteProcess, *, requests: int, seed: int) -> None:
        self.server, self.seed, self.requests = server, seed, requests
        self.journal = Journal(server.folder / "fuzz.journal")
        answered = [line.split() for line in self.journal.of("=")]
        self.statuses = Counter(int(status) for _, status in answered)
        self.failures = self.journal.of("!")
        self._answered = {int(number) for number, _ in answered}
        self._began = time.monotonic()

    async def go_on(self, until: int) -> None:
        waiting = iter([n for n in range(until) if n not in self._answered])
        headers = {"Authorization": f"Bearer {self.server.key}"}
        async with httpx.AsyncClient(
            base_url=self.server.address, headers=headers, timeout=60
        ) as client:

            async def work() -> None:
                for number in waiting:
                    self._note(number, await one(client, f"{self.seed}-{number}"))

            await asyncio.gather(*(work() for _ in range(CLIENTS)))

    def _note(self, number: int, status: int) -> None:
        self.journal.note("=", f"{number} {status}")
        self._answered.add(number)
        self.statuses[status] += 1
        if status >= 500:
            self.failures.append(f"{status} for seed {self.seed}-{number}")
            self.journal.note("!", self.failures[-1])
        if len(self._answered) % 1_000 == 0:
            seconds = time.monotonic() - self._began
            print(
                f"  {len(self._answered):,} of {self.requests:,} requests, "
                f"{len(self.failures)} failures ({seconds:.0f} s)",
                flush=True,
            )


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
