"""Compressions for calls: who waits for whom."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from tracker.domain.budget.policy import BudgetPolicy
from tracker.gateway import compression
from tracker.gateway.compression import (
    SUMMARISER_THREADS,
    Compressor,
    Prepared,
    Work,
)
from tracker.workers.callers import present_caller
from tracker.workers.pool import OWN, SUMMARISERS

DONE = Prepared(None, 0, 0, None)


@pytest.fixture
async def compressor() -> AsyncIterator[Compressor]:
    made = Compressor()
    yield made
    await made.stop()


async def test_silent_summarisers_hold_no_place_of_those_that_ask_none(
    compressor: Compressor,
) -> None:
    release = threading.Event()

    def silent() -> Prepared:
        release.wait(30)
        return DONE

    try:
        for number in range(SUMMARISER_THREADS + 8):
            compressor.start(
                (1, str(number), "main"), silent, sent_bytes=1, asks_others=True
            )
        job = compressor.start((2, "s", "main"), lambda: DONE, sent_bytes=1)
        assert job is not None

        assert await asyncio.wait_for(job, 60) is DONE
    finally:
        release.set()


@pytest.mark.parametrize(("summarise", "lane"), [(None, OWN), (len, SUMMARISERS)])
def test_a_worker_is_asked_for_the_project_in_the_lane_of_its_summariser(
    summarise: Any, lane: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def ask(function: Any, order: Any, lane: str) -> Any:
        asked.append((present_caller().project, lane))
        return SimpleNamespace(report=None, skipped="nothing to drop")

    order = SimpleNamespace(request=SimpleNamespace(summarise=summarise))
    monkeypatch.setattr(compression, "run_in_worker", ask)
    monkeypatch.setattr(Work, "_order", lambda work: order)
    work: Any = Work(7, None, None, None, [], None)  # type: ignore[arg-type]  # unread

    assert work() is None
    assert asked == [(7, lane)]


@pytest.mark.parametrize(("name", "asks"), [("extractive", False), ("ours", True)])
def test_a_policy_that_names_a_summariser_asks_others(name: str, asks: bool) -> None:
    judged: Any = SimpleNamespace(policy=BudgetPolicy(summariser=name))
    work: Any = Work(7, None, None, None, [], judged)  # type: ignore[arg-type]  # unread

    assert work.asks_others == asks


def test_a_stop_ends_no_job_of_an_event_loop_that_has_ended() -> None:
    made = Compressor()

    async def once() -> None:
        job = made.start((1, "s", "main"), lambda: DONE, sent_bytes=1)
        assert job is not None and await job == DONE

    asyncio.run(once())
    asyncio.run(made.stop())
