"""The SDK's own client, against the app as it runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx
import pytest

Asking = Callable[..., AbstractAsyncContextManager[Any]]


@pytest.fixture
def agent() -> Asking:
    """`async with agent(key) as session:` an initialised session of the protocol."""
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    from budget_site.asgi import application

    @asynccontextmanager
    async def ask(key: str) -> Any:
        transport = httpx.ASGITransport(app=application)
        headers = {"Authorization": f"Bearer {key}"}
        async with (
            httpx.AsyncClient(transport=transport, headers=headers) as client,
            streamable_http_client("http://localhost/mcp", http_client=client) as ways,
            ClientSession(ways[0], ways[1]) as session,
        ):
            await session.initialize()
            yield session

    return ask


@pytest.fixture
def told() -> Callable[[Any], Any]:
    """The JSON of a tool's answer, which must be no error."""

    def read(answer: Any) -> Any:
        assert not answer.isError, answer.content
        (content,) = answer.content
        return json.loads(content.text)

    return read
