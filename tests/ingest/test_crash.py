"""kill -9 in the middle of ingest: what was acknowledged is there, once."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

ROOT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("CRASH_TEST_KILLS", "3"))
CLIENTS = 8
FULL, EMPTY = 163_000, 5


class Server:
    """The product in its own process, over a data folder of its own."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.database = folder / "db.sqlite3"
        hidden = ("DJANGO_SETTINGS_MODULE", "DATABASE_URL", "REDIS_URL")
        self._environment = {
            **{k: v for k, v in os.environ.items() if k not in hidden},
            "TOKEN_BUDGET_DATA": str(folder),
            "TOKEN_BUDGET_STATIC_FROM_SOURCE": "1",
        }
        self.manage("migrate", "--verbosity", "0")
        self.key = self.manage("api_key", "create", "crash").strip()

    def manage(self, *arguments: str) -> str:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self._environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def start(self) -> None:
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "uvicorn", "budget_site.asgi:application"),
                *("--port", str(self.port), "--log-level", "critical"),
            ],
            cwd=ROOT,
            env=self._environment,
        )
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{self.address}/readyz", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError("the server did not start")

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def end(self, how: signal.Signals) -> None:
        self._process.send_signal(how)
        self._process.wait(20)


class Clients:
    """Report without pause; what was not acknowledged is sent again later."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.acknowledged: set[str] = set()
        self.unanswered: set[str] = set()
        self.made = 0

    async def report_for(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        headers = {"Authorization": f"Bearer {self.server.key}"}
        async with httpx.AsyncClient(
            base_url=self.server.address, headers=headers, timeout=10
        ) as client:
            await asyncio.gather(*(self._work(client, until) for _ in range(CLIENTS)))

    async def _work(self, client: Any, until: float) -> None:
        while time.monotonic() < until:
            self.made += 1
            if not await self._send(client, f"e{self.made}"):
                return

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
            base_url=self.server.address, headers=headers
        ) as client:
            for event_id in sorted(self.unanswered):
                assert await self._send(client, event_id)


def query(database: Path, sql: str) -> list[Any]:
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        found = connection.execute(sql).fetchall()
    connection.close()
    return found


async def test_no_acknowledged_report_is_lost_and_none_doubled(tmp_path: Path) -> None:
    server = await asyncio.to_thread(Server, tmp_path)
    clients = Clients(server)
    for _ in range(KILLS):
        await asyncio.to_thread(server.start)
        await clients.send_again()
        before = len(clients.acknowledged)
        reporting = asyncio.create_task(clients.report_for(3))
        await asyncio.sleep(0.4)
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
