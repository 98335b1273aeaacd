"""Loopback servers, and clients that report to them from a folder of their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest
import uvicorn

from tests.client.asked import only_report
from tests.client.fake_providers import Providers
from tests.client.fake_server import BudgetServer
from tests.client.fake_transport import FakeTransport
from tracker.client import BudgetClient
from tracker.client.sending.sender import Sender
from tracker.client.sending.spool import Spool


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where spools go: never the developer's own folder."""
    monkeypatch.setenv("TOKEN_BUDGET_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("TOKEN_BUDGET_URL", raising=False)
    monkeypatch.delenv("TOKEN_BUDGET_KEY", raising=False)
    return tmp_path / "state"


@pytest.fixture
def server(state: Path) -> Iterator[BudgetServer]:
    server = BudgetServer()
    yield server
    server.stop()


@pytest.fixture
def providers() -> Iterator[Providers]:
    providers = Providers()
    yield providers
    providers.stop()


@pytest.fixture
def budget(server: BudgetServer) -> Iterator[BudgetClient]:
    client = BudgetClient(server.url, "tb_key", session="chat-42")
    yield client
    client.close()


@pytest.fixture
def transport() -> FakeTransport:
    return FakeTransport()


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


@pytest.fixture
def sender(transport: FakeTransport, spool: Spool) -> Iterator[Sender]:
    sender = Sender(transport, spool, gather_seconds=0.01)
    yield sender
    sender.close()


@pytest.fixture
def claude(budget: BudgetClient, providers: Providers) -> Iterator[anthropic.Anthropic]:
    client = anthropic.Anthropic(
        api_key="k",
        base_url=providers.url,
        max_retries=1,
    )
    yield budget.wrap(client)
    client.close()


@pytest.fixture
def gpt(budget: BudgetClient, providers: Providers) -> Iterator[openai.OpenAI]:
    client = openai.OpenAI(api_key="k", base_url=f"{providers.url}/v1", max_retries=0)
    yield budget.wrap(client)
    client.close()


@pytest.fixture
async def async_claude(
    budget: BudgetClient, providers: Providers
) -> AsyncIterator[anthropic.AsyncAnthropic]:
    client = anthropic.AsyncAnthropic(api_key="k", base_url=providers.url)
    yield budget.wrap(client)
    await client.close()


@pytest.fixture
async def async_gpt(
    budget: BudgetClient, providers: Providers
) -> AsyncIterator[openai.AsyncOpenAI]:
    client = openai.AsyncOpenAI(api_key="k", base_url=f"{providers.url}/v1")
    yield budget.wrap(client)
    await client.close()


@pytest.fixture
def told(budget: BudgetClient, server: BudgetServer) -> Any:
    """`told()`: the one report that was sent, once all are."""
    return lambda: only_report(budget, server)


@pytest.fixture
async def url(key: str) -> AsyncIterator[str]:
    """The real application on a port of its own."""
    from budget_site.asgi import application

    config = uvicorn.Config(application, port=0, lifespan="off", log_level="error")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await task
