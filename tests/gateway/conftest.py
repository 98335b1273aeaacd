"""The site on a real socket, a provider beside it, and a key of the gateway."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import uvicorn

from tests.gateway.fake_upstream import FakeUpstream


@pytest.fixture
async def upstream() -> AsyncIterator[FakeUpstream]:
    found = FakeUpstream()
    await found.start()
    yield found
    await found.stop()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a query takes longer than a call waits: it would go on with
    what was known before.
    """
    from tracker.gateway import cuts
    from tracker.gateway.request import address
    from tracker.gateway.turn import stopping

    for module in (address, cuts, stopping):
        monkeypatch.setattr(module, "STORE_SECONDS", 60.0)
    monkeypatch.setattr(cuts, "FIRST_SECONDS", 60.0)


@pytest.fixture
async def gateway_key(project: Any, in_db: Any) -> str:
    from tracker.changes.access.api_keys import create_api_key

    def make() -> str:
        return create_api_key(project=project, name="gateway", scopes=["gateway"])[1]

    return str(await in_db(make))


@pytest.fixture
async def address(
    upstream: FakeUpstream, project: Any, in_db: Any
) -> AsyncIterator[str]:
    """Where the site listens, with `anthropic`, `openai`, `gemini` at the provider."""
    from budget_site.asgi import application
    from budget_site.edge.guarded_socket import GuardedSocket
    from tracker.changes.upstreams import set_upstream
    from tracker.gateway.app import stop_gateway
    from tracker.gateway.compression import compressor
    from tracker.gateway.cuts import forget_looked_up
    from tracker.gateway.judgement import judge
    from tracker.gateway.request.address import directory
    from tracker.gateway.request.conversation import conversations
    from tracker.ingest.compressing import cuts
    from tracker.ingest.door.process import start_writer

    directory.forget()
    conversations.forget_all()
    judge.forget_all()
    compressor.forget_all()
    cuts.memory.clear()
    forget_looked_up()
    start_writer()
    for name in ("anthropic", "openai", "gemini"):
        await in_db(lambda name=name: set_upstream(name, upstream.url, name))
    config = uvicorn.Config(
        application,
        port=0,
        lifespan="off",
        log_config=None,
        server_header=False,
        ws=GuardedSocket,
        ws_max_size=64 * 1024,
        ws_per_message_deflate=False,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    await stop_gateway()
    server.should_exit = True
    await task


@pytest.fixture
async def client(address: str, gateway_key: str) -> AsyncIterator[httpx.AsyncClient]:
    """Sends the key in the header."""
    async with httpx.AsyncClient(
        base_url=address, headers={"X-Token-Budget-Key": gateway_key}, timeout=120
    ) as found:
        yield found


@pytest.fixture
def stored(in_db: Any) -> Any:
    """`await stored()`: the usage samples, once all that waited is written."""
    from tracker.gateway.record import records
    from tracker.models import UsageSample

    async def read() -> list[Any]:
        await records.drain()
        rows = UsageSample.objects.order_by("pk").select_related("session")
        return list(await in_db(lambda: list(rows)))

    return read
