"""A client of a server in trouble: reports, reads, logs in, watches, counts after."""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Iterator
from typing import Any

import httpx
from websockets.sync.client import connect

from tests.faults.services import seconds_until
from tests.site_process import SiteProcess

FULL, EMPTY = 163_000, 5
PASSWORD = "pass-of-the-boss"


class Reports:
    """Knows what was acknowledged and what was not. Each report is sent once, until
    `settle`. `slowest` is the longest any answer took, in seconds.
    """

    def __init__(self, server: SiteProcess, *, name: str = "e") -> None:
        self.server = server
        self.name = name  # of its event ids and sessions: several report side by side
        self.acknowledged: set[str] = set()
        self.unanswered: set[str] = set()
        self.slowest = 0.0
        self._made = 0
        headers = {"Authorization": f"Bearer {server.key}"}
        self.http = httpx.Client(base_url=server.address, headers=headers, timeout=120)

    def send(self) -> httpx.Response:
        """One new report; its answer is 2xx or a 503 that says when to come back."""
        self._made += 1
        return self._send(self._made)

    def _send(self, number: int) -> httpx.Response:
        event_id = f"{self.name}{number}"
        report = {
            "session": f"{self.name}-{number % 5}",
            "event_id": event_id,
            "tokens": {"history": FULL if number // 5 % 2 else EMPTY},
        }
        self.unanswered.add(event_id)
        answer = self.http.post("/api/v1/usage", json=report)
        self.slowest = max(self.slowest, answer.elapsed.total_seconds())
        if answer.status_code in (200, 201):
            self.acknowledged.add(event_id)
            self.unanswered.discard(event_id)
        else:
            assert answer.status_code == 503, answer.text
            assert int(answer.headers["Retry-After"]) >= 1
        return answer

    def is_taken(self) -> bool:
        return self.send().status_code == 201

    def refusal(self) -> str:
        """Why a report is not taken now. AssertionError when it is."""
        answer = self.send()
        assert answer.status_code == 503, "it was taken"
        error = answer.json()["error"]
        assert error["code"] in ("store_unavailable", "saturated")
        return str(error["message"])

    def settle(self) -> None:
        """Sends again what was not acknowledged, and counts: each is there once, and
        what is kept beside the reports equals a recount.
        """
        for event_id in sorted(self.unanswered):
            self._send_until_taken(int(event_id.removeprefix(self.name)))
        export = self.http.get("/api/v1/export/usage.ndjson")
        assert export.status_code == 200, export.text
        told = [json.loads(line)["event_id"] for line in export.text.splitlines()]
        stored = [event_id for event_id in told if event_id.startswith(self.name)]
        assert sorted(stored) == sorted(self.acknowledged), "lost or doubled"
        self.server.manage("verify")

    def _send_until_taken(self, number: int) -> None:
        """As a client does that comes back when it is told to."""
        seconds_until(lambda: self._send(number).status_code in (200, 201), at_most=60)

    def log_has_no_traceback(self) -> None:
        log = self.server.log.read_text()
        assert "Traceback" not in log, log[log.index("Traceback") :][:3000]


def make_boss(server: SiteProcess) -> None:
    """A superuser with PASSWORD."""
    server.manage(
        "shell",
        "-c",
        "from django.contrib.auth import get_user_model as g; "
        f"g().objects.create_superuser('boss', '', '{PASSWORD}')",
    )


def browser(server: SiteProcess) -> httpx.Client:
    return httpx.Client(base_url=server.address, follow_redirects=True, timeout=120)


def log_in(client: httpx.Client, *, password: str = PASSWORD) -> httpx.Response:
    """The page that the login form leads to."""
    form = client.get("/login/").text
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
    assert token is not None, form
    fields = {"username": "boss", "password": password}
    return client.post("/login/", data={**fields, "csrfmiddlewaretoken": token[1]})


@contextlib.contextmanager
def watch(server: SiteProcess) -> Iterator[Any]:
    """An open websocket that has had its snapshot."""
    address = f"ws://127.0.0.1:{server.port}/ws/overview/"
    headers = {"Authorization": f"Bearer {server.key}"}
    # A test that asks for other things meanwhile leaves messages unread. With a bounded
    # queue the client stops reading at 16 of them, and then misses the answers to its
    # own pings: on a slow machine it closed the socket after 40 s.
    options: dict[str, Any] = {"max_queue": None, "ping_interval": None}
    with connect(address, additional_headers=headers, **options) as socket:
        assert json.loads(socket.recv(60))["type"] == "snapshot"
        yield socket


def kinds_until(socket: Any, kind: str, *, seconds: float = 60) -> list[str]:
    """The types of messages up to the first `kind`. TimeoutError without one."""
    found: list[str] = []
    until = time.monotonic() + seconds
    while kind not in found:
        message = json.loads(socket.recv(max(0.01, until - time.monotonic())))
        batch = message.get("messages", [message])
        found += [item["type"] for item in batch]
    return found
