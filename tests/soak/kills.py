"""SIGKILL under load, again and again: what was acknowledged is there, once."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.site_process import SiteProcess
from tests.soak.journal import Journal

CLIENTS = 8
MADE, ANSWERED, KILLED = "+", "=", "k"  # marks of the journal
FULL, EMPTY = 163_000, 5


@dataclass
class Load:
    """Clients that report without pause and send again what was not answered."""

    server: SiteProcess
    journal: Journal
    made: int = 0
    acknowledged: set[str] = field(default_factory=set)
    unanswered: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Go on where an earlier run ended: what it was not answered is unknown."""
        self.made = max(map(int, self.journal.of(MADE)), default=0)
        self.acknowledged = set(self.journal.of(ANSWERED))
        made = {f"e{number}" for number in range(1, self.made + 1)}
        self.unanswered = made - self.acknowledged

    def client(self) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {self.server.key}"}
        return httpx.AsyncClient(
            base_url=self.server.address, headers=headers, timeout=20
        )

    async def run(self) -> None:
        async with self.client() as client:
            await asyncio.gather(*(self._work(client) for _ in range(CLIENTS)))

    async def _work(self, client: Any) -> None:
        while True:
            self.made += 1
            self.journal.note(MADE, self.made)
            if not await self._send(client, f"e{self.made}"):
                return

    async def send_again(self) -> None:
        async with self.client() as client:
            for event_id in sorted(self.unanswered):
                assert await self._send(client, event_id), "the server went away"

    async def _send(self, client: Any, event_id: str) -> bool:
        """Usage, and every tenth a compression; False when the server went away."""
        number = int(event_id[1:])
        session = f"s{number % 7}"
        if number % 10 == 0:
            path = f"/api/v1/sessions/{session}/compressions"
            body = {"event_id": event_id, "before_tokens": FULL, "after_tokens": 60_000}
        else:
            path = "/api/v1/usage"
            used = FULL if number // 7 % 2 else EMPTY
            body = {"session": session, "event_id": event_id}
            body |= {"tokens": {"history": used}}
        self.unanswered.add(event_id)
        try:
            answer = await client.post(path, json=body)
        except httpx.TransportError:
            return False
        if answer.status_code == 503:  # says: nothing was stored, come back
            return True
        assert answer.status_code in (200, 201), answer.text
        self.journal.note(ANSWERED, event_id)
        self.acknowledged.add(event_id)
        self.unanswered.discard(event_id)
        return True


async def kill_again_and_again(server: SiteProcess, *, kills: int, seed: int) -> str:
    """Raises AssertionError when something acknowledged is missing or doubled, or
    what is kept beside the facts (states, counts, hourly sums) differs from a recount.
    """
    journal = Journal(server.folder / "kills.journal")
    load = Load(server, journal)
    began = time.monotonic()
    for number in range(len(journal.of(KILLED)) + 1, kills + 1):
        await _one_kill(load, random.Random(f"{seed}-{number}").uniform(0.02, 0.6))
        journal.note(KILLED, number)
        if kills > 1:
            seconds = time.monotonic() - began
            print(
                f"  kill {number} of {kills}: {len(load.acknowledged):,} acknowledged,"
                f" all adds up ({seconds:.0f} s)",
                flush=True,
            )
    await asyncio.to_thread(server.start)
    await load.send_again()
    stored = await _stored(load)
    server.end()
    journal.close()
    assert not load.unanswered
    assert sorted(stored) == sorted(load.acknowledged), "lost or doubled"
    await asyncio.to_thread(server.manage, "verify")
    return f"{kills} kills, {len(stored):,} reports, each there once; all adds up"


async def _one_kill(load: Load, after: float) -> None:
    server = load.server
    await asyncio.to_thread(server.start)
    await load.send_again()
    running = asyncio.create_task(load.run())
    await asyncio.sleep(after)
    server.end(signal.SIGKILL)
    await running
    await asyncio.to_thread(server.manage, "verify")


async def _stored(load: Load) -> list[str]:
    """Event ids as the export has them: every row, also doubled ones."""
    found: list[str] = []
    async with load.client() as client:
        for what in ("usage", "compressions"):
            answer = await client.get(f"/api/v1/export/{what}.ndjson", timeout=120)
            found += [httpx.Response(200, text=line).json()["event_id"]
                      for line in answer.text.splitlines()]  # fmt: skip
    return found
