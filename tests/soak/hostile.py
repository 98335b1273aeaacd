"""One hostile stranger, one hostile key and one slow provider, and what an honest
reporter notices.
"""

from __future__ import annotations

import contextlib
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import httpx

from tests.site_process import ROOT, SiteProcess

HONEST_FROM = "127.0.0.2"  # not the strangers' address, which has its limits
IDLE_REPORTS = 300
MAKE_HOSTILE = (
    "import django; django.setup()\n"
    "from tracker.changes.access.api_keys import create_api_key, create_project\n"
    "from tracker.models import ConfigVersion, Project\n"
    "project, _ = create_project(slug='hostile')\n"
    "Project.objects.filter(pk=project.pk).update(keep_messages='redacted')\n"
    "ConfigVersion.bump()\n"
    "scopes = ['ingest', 'read', 'optimize', 'gateway']\n"
    "print(create_api_key(project=project, name='hostile', scopes=scopes)[1])\n"
)
CONVERSATION = [
    {
        "role": "assistant" if number % 2 else "user",
        "content": f"Step {number}: /srv/part_{number}.py fails with E{number}. " * 8,
    }
    for number in range(4_000)
]
REPORTS = [
    {
        "session": f"h{number}",
        "tokens": {"history": 1},
        "metadata": {"note": "key=" * 1_500},
    }
    for number in range(500)
]


Attack = Callable[[], contextlib.AbstractContextManager[None]]


@contextlib.contextmanager
def attackers(server: SiteProcess) -> Iterator[tuple[SiteProcess, Attack]]:
    """The started server with a hostile key and a provider that takes each call and
    never answers. `with attack():` all kinds of attack go on.

    AssertionError where the log then has a traceback.
    """
    with socket.create_server(("127.0.0.1", 0), backlog=1_000) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        server.manage("upstream", "set", "silent", address)
        key = server.python("-c", MAKE_HOSTILE).split()[-1]
        server.start_guarded()

        @contextlib.contextmanager
        def attack() -> Iterator[None]:
            # In a process of their own: here they would hold up the honest one.
            command = [sys.executable, "-m", "tests.soak.hostile"]
            process = subprocess.Popen([*command, str(server.port), key], cwd=ROOT)
            try:
                yield
                assert process.poll() is None, "the attackers ended before"
            finally:
                process.kill()
                process.wait()

        try:
            yield server, attack
        finally:
            server.end()
        log = server.log.read_text()
        assert "Traceback" not in log, log[log.index("Traceback") :][:3000]


def hostile_and_honest(server: SiteProcess, *, seconds: float) -> dict[str, float]:
    """Milliseconds of an honest report, idle and attacked, and how many were sent.

    Raises AssertionError where an honest report is not taken at its first try, is lost
    or doubled, or where the log has a traceback.
    """
    with attackers(server) as (_, attack):
        honest = Honest(server)
        idle = [honest.report() for _ in range(IDLE_REPORTS)]
        attacked = []
        with attack():
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                attacked.append(honest.report())
        honest.check()
    return {
        "honest reports": len(idle) + len(attacked),
        "worst idle p99 in ms": p99(idle),
        "worst attacked p99 in ms": p99(attacked),
        "worst times idle": round(p99(attacked) / p99(idle), 1),
    }


def p99(seconds: list[float]) -> float:
    """Milliseconds."""
    return round(statistics.quantiles(seconds, n=100)[98] * 1000, 1)


class Honest:
    """Reports one after another, each taken at its first try."""

    def __init__(self, server: SiteProcess) -> None:
        self._made = 0
        self._http = httpx.Client(
            base_url=server.address,
            headers={"Authorization": f"Bearer {server.key}"},
            transport=httpx.HTTPTransport(local_address=HONEST_FROM),
            timeout=20,
        )

    def report(self) -> float:
        self._made += 1
        body = {"session": "honest", "event_id": f"e{self._made}"}
        answer = self._http.post("/api/v1/usage", json=body | {"tokens": {"tools": 1}})
        assert answer.status_code == 201, answer.text
        return answer.elapsed.total_seconds()

    def check(self) -> None:
        export = self._http.get("/api/v1/export/usage.csv").text
        assert len(export.splitlines()) == self._made + 1, "lost or doubled"
        self._http.close()


def attack_for_ever(port: int, key: str) -> None:
    """All kinds of attack side by side; the caller ends this process."""
    os.nice(5)  # where there are two processors, the server needs one

    def again(attack: Callable[[int, str], None]) -> None:
        while True:
            with contextlib.suppress(OSError, httpx.TransportError):
                attack(port, key)

    threads = [
        threading.Thread(target=again, args=(attack,))
        for attack in (
            _silent, _endless_heads, _bodies, _texts, _texts, _optimize, _optimize,
            *[_ask_the_silent] * 20,
        )
    ]  # fmt: skip
    for thread in threads:
        thread.start()


def _silent(port: int, _key: str) -> None:
    """More connections than an address may have; they say nothing for a second."""
    with contextlib.ExitStack() as stack:
        for _ in range(520):
            stack.enter_context(_connected(port))
        time.sleep(1)


def _endless_heads(port: int, _key: str) -> None:
    with _connected(port) as one:
        one.sendall(b"GET / HTTP/1.1\r\nx: " + b"a" * 1_000_000)


def _bodies(port: int, _key: str) -> None:
    with _connected(port) as one:
        one.sendall(
            b"POST /api/v1/sessions/s/optimize HTTP/1.1\r\nhost: 127.0.0.1\r\n"
            b"authorization: Bearer tb_no\r\ncontent-length: 20000000\r\n\r\n"
        )
        one.sendall(b"x" * 1_000_000)


def _texts(port: int, key: str) -> None:
    """With a key: texts that are as long to redact as they may be."""
    httpx.post(
        f"http://127.0.0.1:{port}/api/v1/usage",
        json=REPORTS,
        headers={"Authorization": f"Bearer {key}"},
        timeout=60,
    )


def _optimize(port: int, key: str) -> None:
    """With a key: conversations as long as one process needs seconds for."""
    httpx.post(
        f"http://127.0.0.1:{port}/api/v1/sessions/h/optimize",
        json={"messages": CONVERSATION, "force": True},
        headers={"Authorization": f"Bearer {key}"},
        timeout=60,
    )


def _ask_the_silent(port: int, key: str) -> None:
    httpx.post(
        f"http://127.0.0.1:{port}/gateway/silent/v1/messages",
        json={"model": "claude-sonnet-4-5", "messages": CONVERSATION[:200]},
        headers={"X-Token-Budget-Key": key},
        timeout=10,
    )


def _connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


if __name__ == "__main__":
    attack_for_ever(int(sys.argv[1]), sys.argv[2])
