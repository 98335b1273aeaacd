"""The writer when the database, a listener or a caller goes, and its orderly end."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.db import OperationalError

from tests.ingest.door.gate import held_up


async def test_a_database_that_is_away_refuses_and_recovers(
    writer: Any, usage: Any, in_db: Any
) -> None:
    from tracker.ingest.arrivals import StoreUnavailable
    from tracker.models import LLMSession

    commit, tries = writer._recorder.record, 0

    def away(*args: Any, **kwargs: Any) -> Any:
        nonlocal tries
        tries += 1
        raise OperationalError("disk I/O error")

    writer._recorder.record = away
    writer.start()
    with pytest.raises(StoreUnavailable):
        await writer.record([usage("a", 1)])
    writer._recorder.record = commit

    (answer,) = await writer.record([usage("a", 2)])

    assert tries == 3
    assert writer.is_alive
    assert answer.budget.used_tokens == 2
    assert (await in_db(LLMSession.objects.get)).sample_count == 1


async def test_a_passing_trouble_is_tried_again(writer: Any, usage: Any) -> None:
    commit, tries = writer._recorder.record, 0

    def flaky(*args: Any, **kwargs: Any) -> Any:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise OperationalError("database is locked")
        return commit(*args, **kwargs)

    writer._recorder.record = flaky
    writer.start()

    (answer,) = await writer.record([usage("a", 1)])

    assert answer.is_duplicate is False


async def test_a_listener_that_fails_costs_no_report(
    store: None, usage: Any, in_db: Any
) -> None:
    from tracker.ingest.door.writer import Writer
    from tracker.models import UsageSample

    def fails(news: Any) -> None:
        raise RuntimeError("nobody listens")

    writer = Writer(capacity=10, publish=fails)
    writer.start()
    await writer.record([usage("a", 1)])
    await writer.record([usage("a", 2)])
    await asyncio.to_thread(writer.stop)

    assert await in_db(UsageSample.objects.count) == 2


async def test_a_caller_that_went_away_is_stored_all_the_same(
    writer: Any, usage: Any, in_db: Any
) -> None:
    from tracker.models import UsageSample

    gate, leaving = await held_up(writer, usage("a", 1))
    leaving.cancel()
    gate.open()
    await writer.record([usage("a", 2)])

    assert await in_db(UsageSample.objects.count) == 2


async def test_stopping_writes_what_waits_and_then_refuses(
    writer: Any, usage: Any, in_db: Any
) -> None:
    from tracker.ingest.arrivals import StoreUnavailable
    from tracker.models import UsageSample

    gate, first = await held_up(writer, usage("a", 1))
    rest = asyncio.create_task(writer.record([usage("a", 2)]))
    await asyncio.sleep(0.05)
    stopping = asyncio.create_task(asyncio.to_thread(writer.stop))
    await asyncio.sleep(0.05)
    with pytest.raises(StoreUnavailable):
        await writer.record([usage("a", 3)])
    gate.open()

    await asyncio.gather(first, rest, stopping)

    assert not writer.is_alive
    assert await in_db(UsageSample.objects.count) == 2
