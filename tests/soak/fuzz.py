"""Bad bodies at every way in, and odd questions: no 5xx, no traceback, flat memory.
Honest reports go between them on the same connections: none is lost, none doubled.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from urllib.parse import quote

import psutil

from tests.site_process import SiteProcess
from tests.soak.journal import Journal
from tests.soak.mutations import HOSTILE, WAYS_IN, mutated
from tests.soak.pipeline import Pipeline, Sent, request
from tests.soak.stored import stored_reports

CONNECTIONS = 16
HONEST_EACH = 10  # every tenth request is an honest report
# One project of all requests would be read and exported ever more slowly.
PER_PROJECT = 20_000
READS = (
    "sessions", "events", "compressions", "sessions/fuzz", "sessions/fuzz/usage",
    "sessions/fuzz/events", "compressions/1", "export/usage.csv", "nothing",
)  # fmt: skip
NAMES = ("limit", "cursor", "level", "q", "after", "since", "until", "max_points", "x")
# What Django answers takes ten times as long as a report: a smaller share of it, which
# is still thousands of each in a million.
SLOW = {"/optimize": 0.05, "/compressions": 0.05, "/review": 0.1}
SHARE_OF_READS = 0.01
# A server that is starved of its processor may refuse for a while. What a body causes
# comes again.
TRIES = 5
MIB = 2**20
GROWTH_MIB = 150  # caches fill up to their bounds; a leak of 50,000 requests is more


async def fuzz(server: SiteProcess, *, requests: int, seed: int) -> str:
    """Raises AssertionError for a 5xx (with the seed that makes it again; a 503 only
    where it comes each time), an unhandled error in the log, memory that grows, state
    that does not add up, or an honest report that is refused, lost or doubled.
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
    honest = asking.honest
    rows = stored_reports(server, "session.key", "honest")
    stored = Counter(event_id for event_id, _ in rows)
    assert stored == Counter(dict.fromkeys(honest, 1)), "lost or doubled"
    await asyncio.to_thread(server.manage, "verify")
    statuses = sorted(asking.statuses.items())
    shown = ", ".join(f"{status}: {n:,}" for status, n in statuses)
    return (
        f"{requests:,} requests ({shown}; {asking.refused:,} times 503, asked again), "
        f"memory {grown:+.0f} MiB; {len(honest):,} of them honest reports, each there "
        "once; all adds up"
    )


class Asking:
    """Asks on CONNECTIONS at once, several requests before the first answer, and notes
    what was answered to which number: a later run in the same folder asks what is
    missing.
    """

    def __init__(self, server: SiteProcess, *, requests: int, seed: int) -> None:
        self.server, self.seed, self.requests = server, seed, requests
        self.journal = Journal(server.folder / "fuzz.journal")
        answered = [line.split() for line in self.journal.of("=")]
        self.statuses = Counter(int(status) for _, status in answered)
        self.failures = self.journal.of("!")
        self._answered = {int(number) for number, _ in answered}
        self.refused = 0
        self._began = time.monotonic()

    @property
    def honest(self) -> list[str]:
        """The event ids of the honest reports that were acknowledged."""
        return [f"h{number}" for number in self._answered if not number % HONEST_EACH]

    async def go_on(self, until: int) -> None:
        for first in range(0, until, PER_PROJECT):
            last = min(first + PER_PROJECT, until)
            missing = [n for n in range(first, last) if n not in self._answered]
            if missing:
                project = f"fuzz{first // PER_PROJECT}"
                made = ("api_key", "create", "fuzz", "--project", project)
                key = await asyncio.to_thread(self.server.manage, *made)
                for _ in range(TRIES):
                    await self._ask(missing, key.strip())
                    missing = [n for n in missing if n not in self._answered]
                for number in missing:
                    self._fail(f"503 each time for seed {self.seed}-{number}")

    async def _ask(self, numbers: list[int], key: str) -> None:
        waiting = (
            Sent(str(number), one(f"{self.seed}-{number}", number, key))
            for number in numbers
        )
        await asyncio.gather(*(self._work(waiting) for _ in range(CONNECTIONS)))

    async def _work(self, waiting: Iterator[Sent]) -> None:
        """A connection closed by the server (for a body that cannot be read to its end)
        is followed by another; what was not answered is asked again, once alone.
        """
        again: list[Sent] = []
        while True:
            pipe = await Pipeline.connect(self.server.port, self._note)
            await pipe.send_all(iter(again), depth=1)
            if not pipe.is_lost:
                again = []
                await pipe.send_all(waiting)
            pipe.close()
            left = pipe.unanswered
            if not left:
                if not pipe.is_lost:
                    return
                continue
            if again and left[0] == again[0]:
                self._fail(f"no answer for seed {self.seed}-{left[0].name}")
                left = left[1:]
            again = left + again[len(left) :] if again else left

    def _note(self, name: str, status: int, body: bytes) -> None:
        number = int(name)
        if status == 503:  # stored nothing, and says when to come back
            self.refused += 1
            return
        self.journal.note("=", f"{number} {status}")
        self._answered.add(number)
        self.statuses[status] += 1
        if status >= 500:
            self._fail(f"{status} for seed {self.seed}-{number}: {body[:200]!r}")
        if number % HONEST_EACH == 0 and status not in (200, 201):
            self._fail(f"honest report {number} got {status}: {body[:200]!r}")
        if len(self._answered) % 1_000 == 0:
            seconds = time.monotonic() - self._began
            print(
                f"  {len(self._answered):,} of {self.requests:,} requests, "
                f"{len(self.failures)} failures ({seconds:.0f} s)",
                flush=True,
            )

    def _fail(self, what: str) -> None:
        self.failures.append(what)
        self.journal.note("!", what)


def one(seed: str, number: int, key: str) -> bytes:
    """The request that this seed makes; each tenth is an honest report."""
    headers = {"content-type": "application/json"}
    if number % HONEST_EACH == 0:
        report = {"session": f"honest{number % 50}", "event_id": f"h{number}"}
        body = json.dumps(report | {"tokens": {"history": number % 150_000}}).encode()
        return request("POST", "/api/v1/usage", key, body, headers)
    dice = random.Random(seed)
    if dice.random() < SHARE_OF_READS:
        names = dice.sample(NAMES, dice.choice((0, 1, 2)))
        query = "&".join(
            f"{n}={quote(str(dice.choice(HOSTILE)))[:2_000]}" for n in names
        )
        return request("GET", f"/api/v1/{dice.choice(READS)}?{query}", key)
    path, good = dice.choice(WAYS_IN)
    share = next((SLOW[end] for end in SLOW if path.endswith(end)), 1.0)
    if dice.random() >= share:
        path, good = WAYS_IN[0]
    body, headers = mutated(good, dice)
    return request("POST", path, key, body, headers)
