"""The product as `manage.py up` serves it, with small limits: no test waits long."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
ELSEWHERE = "127.0.0.2"  # another address of this machine: somebody else


@dataclass
class Target:
    """A running server. `temporary` is where it would spool bodies."""

    port: int
    key: str
    temporary: Path
    log: Path
    process: subprocess.Popen[bytes]
    sockets: list[socket.socket] = field(default_factory=list)
    stranger: str = "127.0.0.1"  # another one in each test: each begins unknown

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connect(self) -> socket.socket:
        """A raw connection of a stranger."""
        made = socket.create_connection(
            ("127.0.0.1", self.port), timeout=60, source_address=(self.stranger, 0)
        )
        self.sockets.append(made)
        return made

    def honest(self, address: str = ELSEWHERE) -> httpx.Client:
        """A reporter with a key, from another address than the strangers."""
        return httpx.Client(
            base_url=self.address,
            headers={"Authorization": f"Bearer {self.key}"},
            transport=httpx.HTTPTransport(local_address=address),
            timeout=60,
        )

    def report(self, client: httpx.Client, number: int) -> None:
        body = {"session": "honest", "event_id": f"e{number}", "tokens": {"history": 9}}
        answer = client.post("/api/v1/usage", json=body)
        assert answer.status_code == 201, answer.text

    def manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=environment(self.temporary.parent),
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout


def environment(folder: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("TOKEN_BUDGET")}
    return kept | {
        "DJANGO_SETTINGS_MODULE": "budget_site.settings",
        "PYTHONPATH": str(ROOT),
        "TMPDIR": str(folder / "tmp"),
        "TOKEN_BUDGET_DATA": str(folder / "data"),
        "TOKEN_BUDGET_STATIC_FROM_SOURCE": "1",
        "TOKEN_BUDGET_HEAD_SECONDS": "1",
        "TOKEN_BUDGET_BODY_SECONDS": "1",
        "TOKEN_BUDGET_CONNECTIONS_PER_ADDRESS": "50",
    }


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    folder = tmp_path_factory.mktemp("attacked")
    (folder / "tmp").mkdir()
    port, log = free_port(), folder / "log"
    with open(log, "wb") as out:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--port", str(port)],
            cwd=ROOT, env=environment(folder), stdout=out, stderr=out,
        )  # fmt: skip
    said = folder / "data" / "first_start.txt"
    deadline = time.monotonic() + 180
    while not said.exists() or "Delete it" not in log.read_text():
        assert time.monotonic() < deadline and process.poll() is None, log.read_text()
        time.sleep(0.05)  # another process writes the file
    (key,) = re.findall(r"API key +(tb_[\w-]+)", said.read_text())
    try:
        yield Target(port, key, folder / "tmp", log, process)
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture
def target(running: Target) -> Iterator[Target]:
    number = int(running.stranger.rpartition(".")[2])
    running.stranger = f"127.0.1.{number + 1}"
    yield running
    for one in running.sockets:
        one.close()
    running.sockets.clear()
