"""kill -9 in the middle of ingest: what was acknowledged is there, once."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from tests.site_process import SiteProcess

KILLS = int(os.environ.get("CRASH_TEST_KILLS", "3"))
CLIENTS = 8
REPORTS = 100  # acknowledged before each kill
FULL, EMPTY = 163_000, 5


class Clients:
    """Report without pause; what was not acknowledged is sent again later."""

    def __init__(self, server: SiteProcess) -> None:
        self.server = server
        self.acknowledged: set[str] = set()
        self.unanswered: set[str] = set()
        self.made = self.enough = 0
        self.is_under_way = asyncio.Event()

    async def report_until_killed(self) -> None:
        """Sets `is_under_way` once REPORTS more are acknowledged."""
        self.enough = len(self.acknowledged) + REPORTS
        headers = {"Authorization": f"Bearer {self.server.key}"}
        async with httpx.AsyncClient(
            base_url=self.server.address, headers=headers, timeout=60
        ) as client:
            await asyncio.gather(*(self._work(client) for _ in range(CLIENTS)))

    async def _work(self, client: Any) -> None:
        is_there = True
        while is_there:
            self.made += 1
            is_there = await self._send(client, f"e{self.made}")
            if len(self.acknowledged) >= self.enough:
                self.is_under_way.set()

    async def _send(self, client: Any, event_id: str) -> bool:
        number = int(event_id[1:])
        report = {
            "session": f"team/{number % 5} 💬",
            "event_id": event_id,
            "tokens": {"history": FULL if number // 5 % 2 else EMPTY},
        }
        try:
            response = await client.post("/api/v1/usage", json=report)
        except httpx.TransportError:
            self.unanswered.add(event_id)
            return False
        assert response.status_code in (200, 201), response.text
        self.acknowledged.add(event_id)
        self.unanswered.discard(event_id)
        return True

    async def send_again(self) -> None:
        headers = {"Authorization": f"Bearer {self.server.key}"}
        async with httpx.AsyncClient(
            base_url=self.server.address, headers=headers, timeout=60
        ) as client:
            for event_id in sorted(self.unanswered):
                assert await self._send(client, event_id)


def query(database: Path, sql: str) -> list[Any]:
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        found = connection.execute(sql).fetchall()
    connection.close()
    return found


async def test_no_acknowledged_report_is_lost_and_none_doubled(tmp_path: Path) -> None:
    server = await asyncio.to_thread(SiteProcess, tmp_path)
    clients = Clients(server)
    for _ in range(KILLS):
        await asyncio.to_thread(server.start)
        await clients.send_again()
        before = len(clients.acknowledged)
        clients.is_under_way.clear()
        reporting = asyncio.create_task(clients.report_until_killed())
        under_way = asyncio.create_task(clients.is_under_way.wait())
        await asyncio.wait({reporting, under_way}, return_when=asyncio.FIRST_COMPLETED)
        server.end(signal.SIGKILL)
        await reporting
        assert len(clients.acknowledged) > before
        stored = {
            row[0]
            for row in query(
                server.database, "SELECT event_id FROM tracker_usagesample"
            )
        }
        assert clients.acknowledged <= stored

    await asyncio.to_thread(server.start)
    await clients.send_again()
    read = httpx.get(
        f"{server.address}/api/v1/sessions/{quote('team/0 💬', safe='')}",
        headers={"Authorization": f"Bearer {server.key}"},
        timeout=60,
    )
    await asyncio.to_thread(server.end, signal.SIGTERM)

    assert read.json()["session"] == "team/0 💬"
    assert read.json()["sample_count"] == clients.made // 5
    rows = query(server.database, "SELECT event_id FROM tracker_usagesample")
    assert len(rows) == len(clients.acknowledged) == clients.made
    assert {row[0] for row in rows} == clients.acknowledged
    check_counters(server.database)


def check_counters(database: Path) -> None:
    """What is kept beside the rows agrees with them after every crash."""
    sessions = query(
        database,
        "SELECT sample_count, (SELECT count(*) FROM tracker_usagesample u "
        "WHERE u.session_id = s.id), event_count, (SELECT count(*) FROM "
        "tracker_thresholdevent e WHERE e.session_id = s.id), level "
        "FROM tracker_llmsession s",
    )
    assert all(kept == real for kept, real, *_ in sessions)
    assert all(kept == real for _, _, kept, real, _ in sessions)
    seqs = query(database, "SELECT seq FROM tracker_thresholdevent ORDER BY seq")
    ((last, ok, warning),) = query(
        database, "SELECT last_seq, ok_count, warning_count FROM tracker_project"
    )
    assert [seq for (seq,) in seqs] == list(range(1, last + 1))
    levels = [row[-1] for row in sessions]
    assert (ok, warning) == (levels.count("ok"), levels.count("warning"))
