"""`manage.py up --processes 3`: sockets of each hear of all; one that is killed is
replaced, and no acknowledged report is lost or counted twice; Ctrl-C ends them.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import psutil
import pytest
from websockets.asyncio.client import connect

from tests.ports import free_port
from tests.services.services import ROOT, Services

pytestmark = pytest.mark.services
PROCESSES, REPORTS = 3, 300
CREATE = (
    "import django; django.setup(); "
    "from tracker.changes.access import api_keys as a; "
    "p = a.create_project(slug='killed')[0]; "
    "print(p.pk, a.create_api_key(project=p, name='x')[1])"
)
COUNT = (
    "import django; django.setup(); "
    "from tracker.models import UsageSample as S, LLMSession as L; "
    "print(S.objects.filter(project={0}).count(), "
    "sum(L.objects.filter(project={0}).values_list('sample_count', flat=True)))"
)


class Up:
    """The command over `port`, in a group of its own as a terminal's."""

    def __init__(self, cluster: Services) -> None:
        self.port = free_port()
        self.process = subprocess.Popen(
            [
                *(sys.executable, "manage.py", "up", "--port", str(self.port)),
                *("--processes", str(PROCESSES)),
            ],
            cwd=ROOT, env=cluster.environment, start_new_session=True, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def wait_until_ready(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if "(Ctrl-C ends it)" in line:
                return
        raise AssertionError(self.process.communicate()[1])

    def servers(self) -> list[psutil.Process]:
        return list(filter(_serves, psutil.Process(self.process.pid).children()))

    def every_process_has_a_socket(self) -> bool:
        return all(
            any(
                found.laddr.port == self.port
                for found in server.net_connections()
                if found.status == psutil.CONN_ESTABLISHED
            )
            for server in self.servers()
        )


def _serves(process: psutil.Process) -> bool:
    try:
        return "spawn_main" in " ".join(process.cmdline())
    except psutil.NoSuchProcess:  # killed meanwhile, or a zombie
        return False


@pytest.fixture
def up(cluster: Services) -> Iterator[Up]:
    command = Up(cluster)
    command.wait_until_ready()
    yield command
    if command.process.poll() is None:
        os.killpg(command.process.pid, signal.SIGKILL)
    command.process.communicate()


async def report(client: httpx.AsyncClient, number: int) -> Any:
    """Send until it is acknowledged, as the client library does."""
    body = {
        "session": f"s{number % 5}",
        "event_id": f"e{number}",
        "tokens": {"history": 1_000 + number},
    }
    for _ in range(100):
        try:
            answer = await client.post("/api/v1/usage", json=body)
            if answer.status_code in (200, 201):
                return answer.json()
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.1)
    raise AssertionError(f"report {number} was never acknowledged")


async def hears_of_a_budget(socket: Any) -> bool:
    while True:
        message = json.loads(await asyncio.wait_for(socket.recv(), 60))
        kinds = {one["type"] for one in message.get("messages", [message])}
        if "budget" in kinds:
            return True


async def test_processes_share_a_port_and_end_together(
    cluster: Services, up: Up
) -> None:
    project, key = cluster.run("-c", CREATE).split()
    headers = {"Authorization": f"Bearer {key}"}
    address = f"127.0.0.1:{up.port}"
    async with httpx.AsyncClient(
        base_url=f"http://{address}", headers=headers, timeout=60
    ) as client:
        sockets = []
        async with asyncio.timeout(60):
            while not up.every_process_has_a_socket():
                socket = await connect(
                    f"ws://{address}/ws/overview/", additional_headers=headers
                )
                await socket.recv()  # the snapshot
                sockets.append(socket)
        assert len(up.servers()) == PROCESSES
        await report(client, 0)
        heard = await asyncio.gather(*map(hears_of_a_budget, sockets))

        killed = up.servers()[0]
        sending = [asyncio.create_task(report(client, n)) for n in range(1, REPORTS)]
        await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED)
        killed.kill()
        answers = await asyncio.gather(*sending)
        async with asyncio.timeout(60):
            while len(up.servers()) < PROCESSES or killed in up.servers():
                await asyncio.sleep(0.1)
            # Ctrl-C in the first moments of a Python process prints a fatal error.
            while not up.every_process_has_a_socket():
                sockets.append(
                    await connect(
                        f"ws://{address}/ws/overview/", additional_headers=headers
                    )
                )
        for socket in sockets:
            socket.transport.abort()
    os.killpg(up.process.pid, signal.SIGINT)
    out, err = await asyncio.to_thread(up.process.communicate, timeout=60)

    assert all(heard) and len(heard) >= PROCESSES
    events = {answer["event_id"] for answer in answers}
    assert events == {f"e{n}" for n in range(1, REPORTS)}
    stored = (await asyncio.to_thread(cluster.run, "-c", COUNT.format(project))).split()
    assert stored == [str(REPORTS), str(REPORTS)]
    assert (up.process.returncode, err) == (0, "")
    assert "Everything acknowledged is stored." in out
