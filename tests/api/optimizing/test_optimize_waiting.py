"""POST optimize when workers are busy, too slow, or somebody else's."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from tests.api.conftest import LONG_TALK
from tracker.api.intake.bodies import waiting as waiting_bodies
from tracker.workers import pool
from tracker.workers.callers import Caller, WorkTooLong
from tracker.workers.leaving import has_left, noting_who_leaves


@pytest.fixture
def fresh_workers() -> Iterator[None]:
    pool.stop_workers()
    yield
    pool.stop_workers()


@pytest.fixture
def taken(settings: Any, fresh_workers: None) -> Iterator[None]:
    """Every worker works for somebody else."""
    settings.COMPRESSION_WORKERS, settings.COMPRESSION_QUEUE = 1, 4
    turn = pool._lane(pool.OWN).turn(Caller())
    yield
    turn.give_back()


def waiting() -> int:
    return pool._lane(pool.OWN)._turns._count


async def test_more_calls_than_may_wait_are_told_to_come_back(
    api: Any, in_db: Any, taken: None
) -> None:
    from tracker.models import LLMSession

    body = {"messages": LONG_TALK}
    first = asyncio.create_task(api.post("/sessions/a/optimize", body))
    async with asyncio.timeout(60):
        while not await asyncio.to_thread(waiting):
            await asyncio.sleep(0)

    refused = await api.post("/sessions/b/optimize", body)

    assert refused.status_code == 503
    assert refused.json()["error"]["code"] == "busy"
    assert refused.headers["Retry-After"] == "5"
    assert await in_db(LLMSession.objects.count) == 0
    first.cancel()


async def test_a_call_that_takes_too_long_is_refused_and_stores_nothing(
    api: Any, in_db: Any, monkeypatch: Any
) -> None:
    from tracker.ingest.compressing import compress
    from tracker.models import LLMSession

    def late(*_: Any, **__: Any) -> None:
        raise WorkTooLong("this took more than 30 seconds and was stopped")

    monkeypatch.setattr(compress, "run_in_worker", late)

    answer = await api.post("/sessions/s/optimize", {"messages": LONG_TALK})

    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "too_long"
    assert await in_db(LLMSession.objects.count) == 0


class Waiting:
    """A request whose body says when it is read."""

    def __init__(self, size: str) -> None:
        self.META = {"CONTENT_LENGTH": size}


@pytest.mark.parametrize("size", ["20000000", ""])
def test_a_large_body_is_read_when_its_worker_is_free(size, taken, monkeypatch):
    seen = []
    monkeypatch.setattr(waiting_bodies, "own_turn", _noting(seen))

    with waiting_bodies.turn_for_body(Waiting(size)):
        seen.append("read")

    assert seen == ["turn", "read", "back"]


def test_a_small_body_waits_in_memory(taken, monkeypatch):
    seen: list[str] = []
    monkeypatch.setattr(waiting_bodies, "own_turn", _noting(seen))

    with waiting_bodies.turn_for_body(Waiting("900000")):
        seen.append("read")

    assert seen == ["read"]


def _noting(seen: list[str]) -> Any:
    from contextlib import contextmanager

    @contextmanager
    def turn() -> Iterator[None]:
        seen.append("turn")
        yield
        seen.append("back")

    return turn


def test_a_call_in_its_own_turn_needs_no_other(settings, fresh_workers):
    settings.COMPRESSION_WORKERS = 1

    with pool.own_turn():
        assert pool.run_in_worker(abs, -4) == 4
        # Somebody else's program is asked without holding a worker of ours.
        assert pool.run_in_worker(abs, -5, lane=pool.SUMMARISERS) == 5
        with pool.own_turn():
            assert pool.run_in_worker(abs, -6) == 6


async def test_a_client_that_hangs_up_is_noticed() -> None:
    request: Any = SimpleNamespace(scope={})
    hung_up = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        request.scope = scope
        assert not has_left(request)()
        await receive()
        assert not has_left(request)()
        await receive()

    messages = iter([{"type": "http.request"}, {"type": "http.disconnect"}])

    async def receive() -> dict[str, Any]:
        return next(messages)

    scope: Any = {"type": "http"}
    await noting_who_leaves(app, scope, receive, hung_up.set)

    assert has_left(request)()


async def test_a_summariser_is_for_projects_whose_policy_names_it(
    api: Any, in_db: Any, project: Any, settings: Any
) -> None:
    from tracker.models import Policy, Project

    settings.TOKEN_BUDGET_SUMMARISERS = {"facts": "tests.workers.small_jobs.double"}
    body = {"messages": LONG_TALK, "dry_run": True, "summariser": "facts"}

    def name_it(project: Any) -> None:
        Policy.objects.update_or_create(
            name="facts", defaults={"project": project, "summariser": "facts"}
        )

    def other() -> Any:
        return Project.objects.create(name="Other", slug="other-one")

    await in_db(lambda: name_it(other()))
    refused = await api.post("/sessions/s/optimize", body)
    assert refused.status_code == 422
    assert refused.json()["error"]["message"] == "must be one of extractive"

    await in_db(lambda: name_it(project))
    answer = await api.post("/sessions/s/optimize", body)
    assert answer.status_code == 200
    assert answer.json()["compressed"]
