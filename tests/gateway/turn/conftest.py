"""A policy with a small window, and workers that are no processes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gateway.fake_upstream import FakeUpstream

WINDOW = 20_000


@pytest.fixture(autouse=True)
def compress_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the thread that would wait for a worker: a new process takes seconds."""
    from tracker.gateway import compression

    monkeypatch.setattr(
        compression, "run_in_worker", lambda work, order, lane: work(order)
    )


@pytest.fixture
async def policy(project: Any, in_db: Any, upstream: FakeUpstream) -> Any:
    """`await policy(mode="advise")`: the project's policy has a small window."""
    from tracker.changes.policies.changing import save_policy
    from tracker.models import Policy

    upstream.window_tokens = WINDOW

    async def make(**fields: Any) -> None:
        # A slow machine takes its time: 2 s, the default, would let the call go on.
        usual = {"window_tokens": WINDOW, "reserved_tokens": 1_000}
        said = usual | {"gateway_wait_seconds": 60} | fields
        row = Policy(name=f"p{len(said)}", project=project, **said)
        await in_db(lambda: save_policy(row))

    return make


@pytest.fixture
def rows(in_db: Any, stored: Any) -> Any:
    """`await rows("GatewayCall")`: all of a table, once what waits is written."""
    from tracker import models
    from tracker.ingest.door.gateway_calls import call_log

    async def read(name: str) -> list[Any]:
        await stored()
        await in_db(call_log.write)
        table = getattr(models, name)
        return list(await in_db(lambda: list(table.objects.order_by("pk"))))

    return read
