"""The writer: groups, a full queue, a database that is away, an orderly end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError


@pytest.fixture
def writer(store: None) -> Iterator[Any]:
    from tracker.ingest.writer import Writer

    made = Writer(capacity=10)
    yield made
    made.stop()


class Gate:
    """Holds up each commit until it is opened; notes the sizes of the groups."""

    def __init__(self, writer: Any) -> None:
        self.sizes: list[int] = []
        self.entered = threading.Event()
        self._open = threading.Event()
        self._commit = writer._commit
        writer._commit = self

    def __call__(self, arrivals: Any) -> Any:
        self.sizes.append(len(arrivals))
        self.entered.set()
        assert self._open.wait(10)
        return self._commit(arrivals)

    def open(self) -> None:
        self._open.set()


async def entered(gate: Gate) -> None:
    assert await asyncio.to_thread(gate.entered.wait, 10)


async def test_what_gathers_during_a_commit_is_the_next_group(
    writer: Any, usage: Any, in_db: Any
) -> None:
    from tracker.models import UsageSample

    gate = Gate(writer)
    writer.start()
    first = asyncio.create_task(writer.record([usage("a", 1)]))
    await entered(gate)
    rest = [asyncio.create_task(writer.record([usage("b", n)])) for n in range(5)]
    await asyncio.sleep(0.05)
    waiting = writer.waiting_reports
    gate.open()

    await asyncio.gather(first, *rest)

    assert gate.sizes == [1, 5]
    assert waiting == 5
    assert writer.waiting_reports == 0
    assert await in_db(UsageSample.objects.count) == 6


@pytest.mark.parametrize(("reports", "first_group"), [(5, 5), (30, 11)])
async def test_what_comes_turn_after_turn_waits_for_a_few_turns_to_be_one_group(
    usage: Any, monkeypatch: Any, reports: int, first_group: int
) -> None:
    from tracker.ingest.writer import Writer

    writer = Writer(capacity=100)  # not started: nothing is taken away
    woken: list[int] = []
    monkeypatch.setattr(
        writer._queue._wake, "set", lambda: woken.append(writer.waiting_reports)
    )

    async def record_after(turns: int) -> None:
        for _ in range(turns):
            await asyncio.sleep(0)
        await writer.record([usage("a", turns)])

    tasks = [asyncio.create_task(record_after(turns)) for turns in range(reports)]
    await asyncio.sleep(0.05)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

    assert woken == [first_group]


async def test_each_caller_gets_its_own_answers(writer: Any, usage: Any) -> None:
    writer.start()

    answers = await asyncio.gather(
        *(writer.record([usage(f"s{n}", n), usage(f"t{n}", n)]) for n in range(5))
    )

    for n, (one, two) in enumerate(answers):
        assert (one.session, two.session) == (f"s{n}", f"t{n}")
        assert one.budget.used_tokens == n


async def test_a_full_queue_refuses_and_stores_nothing_of_it(
    writer: Any, usage: Any, in_db: Any
) -> None:
    from tracker.ingest.arrivals import Saturated
    from tracker.models import UsageSample

    gate = Gate(writer)
    writer.start()
    first = asyncio.create_task(writer.record([usage("a", 1)]))
    await entered(gate)
    full = asyncio.create_task(writer.record([usage("b", n) for n in range(10)]))
    await asyncio.sleep(0.05)

    with pytest.raises(Saturated):
        await writer.record([usage("c", 1)])
    gate.open()
    await asyncio.gather(first, full)
    (after,) = await writer.record([usage("c", 1)])

    assert after.is_duplicate is False
    assert await in_db(UsageSample.objects.count) == 12


async def test_a_batch_larger_than_the_queue_passes_alone(
    writer: Any, usage: Any
) -> None:
    writer.start()

    answers = await writer.record([usage("a", n) for n in range(50)])

    assert len(answers) == 50


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
    from tracker.ingest.writer import Writer
    from tracker.models import UsageSample

    def fails(news: Any) -> None:
        raise RuntimeError("nobody listens")

    writer = Writer(capacity=10, publish=fails)
    writer.start()
    await writer.record([usage("a", 1)])
    await writer.record([usage("a", 2)])
    await asyncio.to_thread(writer.stop)

    assert await in_db(UsageSample.objects.count) == 2


async def test_stopping_writes_what_waits_and_then_refuses(
    writer: Any, usage: Any, in_db: Any
) -> None:
    from tracker.ingest.arrivals import StoreUnavailable
    from tracker.models import UsageSample

    gate = Gate(writer)
    writer.start()
    first = asyncio.create_task(writer.record([usage("a", 1)]))
    await entered(gate)
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


async def test_a_caller_that_went_away_is_stored_all_the_same(
    writer: Any, usage: Any, in_db: Any
) -> None:
    from tracker.models import UsageSample

    gate = Gate(writer)
    writer.start()
    leaving = asyncio.create_task(writer.record([usage("a", 1)]))
    await entered(gate)
    leaving.cancel()
    gate.open()
    await writer.record([usage("a", 2)])

    assert await in_db(UsageSample.objects.count) == 2


def test_a_thread_without_an_event_loop_may_record_too(writer: Any, usage: Any) -> None:
    writer.start()

    (answer,) = writer.record_blocking([usage("a", 1)])

    assert answer.session == "a"


async def test_the_news_of_each_commit_is_published(store: None, usage: Any) -> None:
    from tracker.ingest.writer import Writer

    told: list[Any] = []
    writer = Writer(capacity=10, publish=told.append)
    writer.start()
    await writer.record([usage("a", 163_000)])
    await asyncio.to_thread(writer.stop)

    assert [item["kind"] for news in told for item in news] == ["budget", "event"]


async def test_answers_say_what_to_do_when_the_writer_is_full_or_ill(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.ingest.arrivals import Saturated, StoreUnavailable
    from tracker.ingest.process import get_writer

    for error, code in (
        (Saturated(), "saturated"),
        (StoreUnavailable("x"), "store_unavailable"),
    ):

        def refuses(*_: Any, error: Exception = error) -> Any:
            raise error

        monkeypatch.setattr(get_writer()._queue, "put", refuses)
        report = {"session": "s", "tokens": {}}
        numbers = {"before_tokens": 2, "after_tokens": 1}
        for response in (
            await api.post("/usage", report),
            await api.post("/usage", [report]),
            await api.post("/sessions/s/compressions", numbers),
            await api.post("/sessions/s/optimize", {"messages": []}),
        ):
            assert response.status_code == 503
            assert int(response.headers["Retry-After"]) >= 1
            assert response.json()["error"]["code"] == code
