"""What importing the application sets for the whole process."""

from __future__ import annotations

import sys

import httpx
import pytest


def test_a_busy_thread_gives_way_soon() -> None:
    from budget_site.asgi import SWITCH_SECONDS

    assert sys.getswitchinterval() == SWITCH_SECONDS == 0.001


async def test_a_probe_does_not_wait_for_the_pages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from budget_site import asgi

    monkeypatch.setattr(asgi.later, "module", pytest.fail)
    transport = httpx.ASGITransport(app=asgi.application)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://localhost"
    ) as client:
        answer = await client.get("/healthz")

    assert answer.json() == {"status": "ok"}
