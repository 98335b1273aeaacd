"""One of three processes is killed under load: clients retry, nothing acknowledged is
lost, nothing is counted twice.
"""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from tests.services.services import Services
from tracker.management.server_fleet import ServerFleet, free_ports
from tracker.management.tcp_proxy import TcpProxy

pytestmark = pytest.mark.services
REPORTS = 300
CREATE = (
    "import django; django.setup(); "
    "from tracker.changes.api_keys import create_project as c, create_api_key as k; "
    "p = c(slug='killed')[0]; print(p.pk, k(project=p, name='x')[1])"
)
COUNT = (
    "import django; django.setup(); "
    "from tracker.models import UsageSample as S, LLMSession as L; "
    "print(S.objects.filter(project={0}).count(), "
    "sum(L.objects.filter(project={0}).values_list('sample_count', flat=True)))"
)


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


async def until_ready(address: str) -> None:
    async with httpx.AsyncClient(base_url=address) as client:
        for _ in range(300):
            try:
                if (await client.get("/healthz")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)
    raise AssertionError(f"{address} never answered")


async def test_killing_a_process_loses_and_doubles_nothing(cluster: Services) -> None:
    project, key = cluster.run("-c", CREATE).split()
    *ports, front = free_ports(4)
    fleet = ServerFleet(ports, cluster.environment)
    running = asyncio.create_task(fleet.run())
    proxy = await TcpProxy(ports).serve("127.0.0.1", front)
    try:
        for port in ports:
            await until_ready(f"http://127.0.0.1:{port}")
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{front}",
            headers={"Authorization": f"Bearer {key}"},
            timeout=10,
        ) as client:
            killed = fleet.processes[ports[0]]
            sending = [asyncio.create_task(report(client, n)) for n in range(REPORTS)]
            await asyncio.sleep(0.3)
            killed.kill()
            answers = await asyncio.gather(*sending)
    finally:
        proxy.close()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    assert {answer["event_id"] for answer in answers} == {
        f"e{n}" for n in range(REPORTS)
    }
    stored = (await asyncio.to_thread(cluster.run, "-c", COUNT.format(project))).split()
    assert stored == [str(REPORTS), str(REPORTS)]
    assert killed.returncode == -9
