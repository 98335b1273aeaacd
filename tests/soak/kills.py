"""SIGKILL under load, again and again: what was acknowledged is there, once."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.site_process import SiteProcess
from tests.soak.journal import Journal
from tests.soak.pipeline import Pipeline, Sent, request
from tests.soak.stored import stored_reports

CLIENTS = 8
DEPTH = 3  # of each: reports that nobody has answered yet when the server dies
MOST_ACKNOWLEDGED = 60  # between a start and its kill; the kill comes under load
MADE, ANSWERED, KILLED = "+", "=", "k"  # marks of the journal
FULL, EMPTY = 163_000, 5
TABLES = ("usagesample", "compression")


@dataclass
class Load:
    """Clients that report without pause and send again what was not answered."""

    server: SiteProcess
    name: str  # event ids begin with it: several loads may share a database
    made: int = 0
    acknowledged: set[str] = field(default_factory=set)
    unanswered: set[str] = field(default_factory=set)
    # Acknowledged since the tables were last read, and how far they were read.
    fresh: set[str] = field(default_factory=set)
    marks: dict[str, int] = field(default_factory=lambda: dict.fromkeys(TABLES, 0))

    def __post_init__(self) -> None:
        """Go on where an earlier run ended: what it was not answered is unknown."""
        self.journal = Journal(self.server.folder / "kills.journal")
        self.killed = len(self.journal.of(KILLED))
        self.made = max(map(int, self.journal.of(MADE)), default=0)
        self.acknowledged = set(self.journal.of(ANSWERED))
        self.fresh = set(self.acknowledged)
        made = {f"{self.name}-{number}" for number in range(1, self.made + 1)}
        self.unanswered = made - self.acknowledged
        self._enough, self._is_enough = 0, asyncio.Event()

    async def until_ended(
        self, dice: random.Random, how: signal.Signals = signal.SIGKILL
    ) -> None:
        """Report without pause, and end the server after a few answers."""
        enough = dice.randint(1, MOST_ACKNOWLEDGED)
        self._enough = len(self.acknowledged) + enough
        self._is_enough.clear()
        clients = [asyncio.create_task(self._report()) for _ in range(CLIENTS)]
        await asyncio.wait_for(self._is_enough.wait(), 600)
        await asyncio.sleep(dice.uniform(0, 0.02))  # any moment of a group
        await asyncio.to_thread(self.server.end, how)
        await asyncio.gather(*clients)
        self.killed += 1
        self.journal.note(KILLED, self.killed)

    async def report(self, number: int) -> None:
        """So many by each client, all of them answered."""
        await asyncio.gather(*(self._report(number) for _ in range(CLIENTS)))

    async def _report(self, most: int = sys.maxsize) -> None:
        pipe = await Pipeline.connect(self.server.port, self._note)
        await pipe.send_all(self._new(most), depth=DEPTH)
        pipe.close()

    def _new(self, most: int) -> Iterator[Sent]:
        for _ in range(most):
            self.made += 1
            self.journal.note(MADE, self.made)
            event_id = f"{self.name}-{self.made}"
            self.unanswered.add(event_id)
            yield self._sent(event_id)

    def _sent(self, event_id: str) -> Sent:
        """Usage, and every tenth a compression; some of a session that all share."""
        number = int(event_id.rpartition("-")[2])
        session = "shared" if number % 4 == 0 else f"{self.name}{number % 7}"
        if number % 10 == 0:
            path = f"/api/v1/sessions/{session}/compressions"
            body = {"event_id": event_id, "before_tokens": FULL, "after_tokens": 60_000}
        else:
            path = "/api/v1/usage"
            used = FULL if number // 7 % 2 else EMPTY
            body = {"session": session, "event_id": event_id}
            body |= {"tokens": {"history": used}}
        headers = {"content-type": "application/json"}
        sent = json.dumps(body).encode()
        return Sent(event_id, request("POST", path, self.server.key, sent, headers))

    def _note(self, event_id: str, status: int, body: bytes) -> None:
        if status == 503:  # says: nothing was stored, come back
            return
        assert status in (200, 201), (status, body)
        self.journal.note(ANSWERED, event_id)
        self.acknowledged.add(event_id)
        self.fresh.add(event_id)
        self.unanswered.discard(event_id)
        if len(self.acknowledged) >= self._enough:
            self._is_enough.set()

    async def send_again(self) -> None:
        while self.unanswered:
            pipe = await Pipeline.connect(self.server.port, self._note)
            await pipe.send_all(map(self._sent, sorted(self.unanswered)))
            assert not pipe.is_lost, "the server went away"
            pipe.close()

    def nothing_is_lost(self) -> None:
        """Read right after a start. AssertionError where an acknowledged report is
        missing, where one is there twice, or one that was never sent.
        """
        stored = Counter(event_id for event_id, _ in self._stored_since())
        assert not self.fresh - stored.keys(), f"lost: {self.fresh - stored.keys()}"
        self._none_twice(stored)
        assert stored.keys() <= self.fresh | self.unanswered, "nobody sent it"

    def each_is_there_once(self) -> None:
        """Read when all was sent again: of what is new, each is there once."""
        assert not self.unanswered
        rows = self._stored_since(note=True)
        stored = Counter(event_id for event_id, _ in rows)
        self._none_twice(stored)
        assert stored.keys() == self.fresh, "lost or doubled"
        self.fresh.clear()

    def all_are_there_once(self) -> None:
        """The same of all that was ever acknowledged."""
        self.marks = dict.fromkeys(TABLES, 0)
        self.fresh = set(self.acknowledged)
        self.each_is_there_once()

    @staticmethod
    def _none_twice(stored: Counter[str]) -> None:
        twice = [event_id for event_id, times in stored.items() if times > 1]
        assert not twice, f"doubled: {twice}"

    def _stored_since(self, *, note: bool = False) -> list[tuple[str, int]]:
        found: list[tuple[str, int]] = []
        for table in TABLES:
            after = self.marks[table]
            rows = stored_reports(
                self.server, "fact.event_id", f"{self.name}-", table=table, after=after
            )
            if note:
                self.marks[table] = max((row for _, row in rows), default=after)
            found += rows
        return found


async def kill_again_and_again(
    servers: Sequence[SiteProcess], *, kills: int, seed: int
) -> str:
    """So many kills together, the servers side by side; each may have its own database
    or all the same. After each kill: raises AssertionError when something acknowledged
    is missing or doubled; after every other, and at the end, also when what is kept
    beside the facts (states, counts, hourly sums) differs from a recount.
    """
    loads = [Load(server, f"k{number}") for number, server in enumerate(servers)]
    began = time.monotonic()
    numbers = itertools.count(sum(load.killed for load in loads) + 1)

    async def work(load: Load) -> None:
        for number in numbers:
            if number > kills:
                break
            await _one_kill(load, random.Random(f"{seed}-{number}"))
            if kills > 1:
                print(
                    f"  kill {number} of {kills} ({load.name}): "
                    f"{sum(len(each.acknowledged) for each in loads):,} acknowledged,"
                    f" all adds up ({time.monotonic() - began:.0f} s)",
                    flush=True,
                )
        await asyncio.to_thread(load.server.start)
        load.nothing_is_lost()
        await load.send_again()

    async with asyncio.TaskGroup() as group:
        for load in loads:
            group.create_task(work(load))
    for load in loads:
        load.all_are_there_once()
        load.server.end()
        load.journal.close()
        await asyncio.to_thread(load.server.manage, "verify")
        log = load.server.log.read_text()
        assert "Traceback" not in log, log[log.index("Traceback") :][:3000]
    stored = sum(len(load.acknowledged) for load in loads)
    return f"{kills} kills, {stored:,} reports, each there once; all adds up"


async def _one_kill(load: Load, dice: random.Random) -> None:
    """What was killed before is looked at: its reports each time, its sums every other
    time, before the next server has seen the files or while it runs.
    """
    recount_at = dice.choice(("before", "beside", "", ""))
    server = load.server
    if recount_at == "before":
        await asyncio.to_thread(server.manage, "verify")
    await asyncio.to_thread(server.start)
    load.nothing_is_lost()
    if recount_at == "beside":
        await asyncio.to_thread(server.manage, "verify")
    await load.send_again()
    load.each_is_there_once()
    await load.until_ended(dice)
