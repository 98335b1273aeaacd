"""Kills at moments of a call through the gateway: worker, database, upstream, server.

The call completes as it would have directly, or fails as it would have directly. What
was stored before stays, and the conversation goes on with the same bytes.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.faults.services import Postgres
from tests.gateway.agents import PATHS, Agent, plain
from tests.gateway.fake_upstream import FakeUpstream
from tests.ports import free_port
from tests.site_process import SiteProcess

pytestmark = pytest.mark.services
WINDOW = 20_000
CUT = b"earlier messages="
SETUP = """
from tracker.changes.access.api_keys import create_api_key
from tracker.changes.policies.changing import save_policy
from tracker.changes.upstreams import set_upstream
from tracker.models import Policy, Project
project = Project.objects.get()
save_policy(Policy(name="small", project=project, window_tokens={window},
    reserved_tokens=1_000, cooldown_seconds=0, gateway_wait_seconds=10))
set_upstream("anthropic", "http://127.0.0.1:{port}", "anthropic")
print(create_api_key(project=project, name="gateway", scopes=["gateway"])[1])
"""


class World:
    """PostgreSQL, one server over it, and the port of its only upstream."""

    def __init__(self, folder: Path, stack: contextlib.ExitStack) -> None:
        self.postgres = Postgres(folder)
        stack.callback(self.postgres.end)
        self.site = SiteProcess(folder, database_url=self.postgres.url)
        self.port = free_port()
        code = SETUP.format(window=WINDOW, port=self.port)
        self.key = self.site.manage("shell", "-v", "0", "-c", code).strip()
        self.site.start()
        stack.callback(self.site.end)

    def stored(self, session: str) -> int:
        """How many calls of the session are stored; 0 while the database is away."""
        answer = httpx.get(
            f"{self.site.address}/api/v1/sessions/{session}",
            headers={"Authorization": f"Bearer {self.site.key}"},
            timeout=60,
        )
        return int(answer.json()["sample_count"]) if answer.is_success else 0

    def workers(self) -> list[psutil.Process]:
        """The server's compression workers that run now."""
        found = []
        for child in psutil.Process(self.site.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                if "spawn_main" in " ".join(child.cmdline()):
                    found.append(child)
        return found


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    # Not below pytest's folder, which is root's alone: PostgreSQL changes its user.
    with tempfile.TemporaryDirectory(
        prefix="tb-kills-", ignore_cleanup_errors=True
    ) as name, contextlib.ExitStack() as stack:  # fmt: skip
        yield World(Path(name), stack)


@pytest.fixture
async def upstream(world: World) -> AsyncIterator[FakeUpstream]:
    found = FakeUpstream(port=world.port, window_tokens=WINDOW)
    await found.start()
    yield found
    await found.stop()


@pytest.fixture
async def agent(world: World, request: Any) -> AsyncIterator[Agent]:
    """A conversation of its own for each test."""
    async with httpx.AsyncClient(
        base_url=world.site.address,
        headers={"X-Token-Budget-Key": world.key},
        timeout=120,
    ) as client:
        yield Agent(client, session=request.node.name)


async def until(happens: Callable[[], Any], *, at_most: float = 120) -> None:
    ends = time.monotonic() + at_most
    while not await asyncio.to_thread(happens):
        assert time.monotonic() < ends, f"not within {at_most} s"
        await asyncio.sleep(0.05)


async def compressed(agent: Agent, upstream: FakeUpstream) -> int:
    """Call until the conversation goes out with a cut; how many calls it took."""
    for number in range(1, 120):
        assert (await agent.call()).status_code == 200
        if CUT in upstream.last.body:
            return number
    raise AssertionError("nothing was compressed")


async def streamed(agent: Agent, then: Callable[[], Awaitable[None]]) -> bytes:
    """The whole answer of a call; `then` happens after its first event."""
    content = json.dumps(agent.body | {"stream": True}).encode()
    headers = {"X-Token-Budget-Session": agent.session}
    got = b""
    async with agent.client.stream(
        "POST", PATHS["anthropic"], content=content, headers=headers
    ) as answer:
        assert answer.status_code == 200
        chunks = answer.aiter_raw()
        got += await anext(chunks)
        await then()
        async for chunk in chunks:
            got += chunk
    return got


async def test_workers_that_are_killed_again_and_again_cost_no_call(
    world: World, agent: Agent, upstream: FakeUpstream
) -> None:
    killed = 0
    ends = asyncio.Event()

    async def kill() -> None:
        nonlocal killed
        while not ends.is_set():
            for worker in await asyncio.to_thread(world.workers):
                with contextlib.suppress(psutil.NoSuchProcess):
                    worker.kill()
                    killed += 1
            await asyncio.sleep(0.02)

    upstream.window_tokens = 200_000  # what is due and not done is refused by nobody
    killing = asyncio.create_task(kill())
    bodies = []
    while len(bodies) < 40 or (not killed and len(bodies) < 200):
        bodies.append(json.dumps(agent.body).encode())
        assert (await agent.call()).status_code == 200
    ends.set()
    await killing

    assert killed
    # One may have been quicker than the kills.
    for asked, body in zip(upstream.asked, bodies, strict=True):
        assert asked.body == body or CUT in asked.body
    await compressed(agent, upstream)


async def test_a_database_that_is_killed_costs_no_call_no_cut_and_no_record(
    world: World, agent: Agent, upstream: FakeUpstream
) -> None:
    calls = await compressed(agent, upstream)
    await until(lambda: world.stored(agent.session) == calls)
    before = upstream.last.json["messages"]
    upstream.hold = asyncio.Event()

    async def kill() -> None:
        await asyncio.to_thread(world.postgres.kill)
        assert upstream.hold is not None
        upstream.hold.set()

    try:
        answer = await streamed(agent, kill)
        agent.grow()
        away = await agent.call()
    finally:
        await asyncio.to_thread(world.postgres.begin)

    assert answer == upstream.sent[-2]
    assert away.status_code == 200
    after = upstream.last.json["messages"]
    assert list(map(plain, after[: len(before)])) == list(map(plain, before))
    await until(lambda: world.stored(agent.session) == calls + 2)


async def test_an_upstream_that_dies_fails_as_it_would_have_directly(
    world: World, agent: Agent, upstream: FakeUpstream
) -> None:
    upstream.hold = asyncio.Event()
    with pytest.raises(httpx.RemoteProtocolError):
        await streamed(agent, upstream.stop)
    gone = await agent.call()
    upstream.hold = None
    await upstream.start()
    back = await agent.call()

    assert (gone.status_code, back.status_code) == (502, 200)
    assert gone.json()["error"]["code"] == "upstream"
    # What the broken answer's beginning said was paid for.
    await until(lambda: world.stored(agent.session) == 2)


async def test_a_server_that_is_killed_ends_the_call_and_keeps_what_was_stored(
    world: World, agent: Agent, upstream: FakeUpstream
) -> None:
    calls = await compressed(agent, upstream)
    await until(lambda: world.stored(agent.session) == calls)
    before = upstream.last.json["messages"]
    upstream.hold = asyncio.Event()

    async def kill() -> None:
        await asyncio.to_thread(world.site.end, signal.SIGKILL)

    with pytest.raises(httpx.RemoteProtocolError):
        await streamed(agent, kill)
    await asyncio.wait_for(upstream.gone.wait(), 60)
    upstream.hold = None
    await asyncio.to_thread(world.site.start)
    answer = await agent.call()

    assert answer.status_code == 200
    after = upstream.last.json["messages"]
    assert list(map(plain, after[: len(before)])) == list(map(plain, before))
    await until(lambda: world.stored(agent.session) == calls + 1)
