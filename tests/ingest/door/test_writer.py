"""The writer: groups of reports, a full queue, an answer for each caller."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from tests.ingest.door.gate import held_up


@pytest.fixture(autouse=True)
def known_rules(store: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What projects redact is known: a report goes straight into the queue."""
    from tracker.ingest.judging.redacting import present_rules
    from tracker.reading import config_cache

    monkeypatch.setattr(config_cache, "CHECK_SECONDS", 60.0)
    present_rules.get()


async def test_what_gathers_during_a_commit_is_the_next_group(
    writer: Any, usage: Any, in_db: Any
) -> None:
    from tracker.models import UsageSample

    gate, first = await held_up(writer, usage("a", 1))
    rest = [asyncio.create_task(writer.record([usage("b", n)])) for n in range(5)]
    await asyncio.sleep(0.05)
    waiting = writer.waiting_reports
    gate.open()

    await asyncio.gather(first, *rest)

    assert gate.sizes == [1, 5]
    assert waiting == 5
    assert writer.waiting_reports == 0
    assert await in_db(UsageSample.objects.count) == 6


async def test_no_reports_are_answered_at_once(writer: Any) -> None:
    """A deletion of session files brings none, and was answered 500."""
    assert await writer.record([]) == []
    assert writer.record_blocking([]) == []
    assert writer.waiting_reports == 0


async def test_a_large_batch_is_stored_in_parts_beside_another_caller(
    writer: Any, usage: Any, in_db: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.ingest.door import portions
    from tracker.models import UsageSample

    monkeypatch.setattr(portions, "SHARED_SECONDS", 0.0)  # LEAST, then
    monkeypatch.setattr(portions, "LEAST", 4)
    batch = [usage("a", n) for n in range(9)]
    gate, first = await held_up(writer, usage("x", 1))
    large = asyncio.create_task(writer.record(batch))
    await asyncio.sleep(0)
    other = replace(usage("b", 1), api_key_id=7)
    small = asyncio.create_task(writer.record([other]))
    async with asyncio.timeout(60):
        while writer.waiting_reports < 10:
            await asyncio.sleep(0)
    gate.open()

    await first
    await small
    answers = await large

    assert gate.sizes[:2] == [1, 4]  # the small one and three of the batch
    assert [answer.event_id for answer in answers] == [a.event_id for a in batch]
    assert await in_db(UsageSample.objects.filter(session__key="a").count) == 9


@pytest.mark.parametrize(("reports", "first_group"), [(5, 5), (30, 11)])
async def test_what_comes_turn_after_turn_waits_for_a_few_turns_to_be_one_group(
    usage: Any, monkeypatch: Any, reports: int, first_group: int
) -> None:
    from tracker.ingest.door.writer import Writer

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


def test_a_thread_without_an_event_loop_may_record_too(writer: Any, usage: Any) -> None:
    writer.start()

    (answer,) = writer.record_blocking([usage("a", 1)])

    assert answer.session == "a"


async def test_a_full_queue_refuses_and_stores_nothing_of_it(
    writer: Any, usage: Any, in_db: Any
) -> None:
    from tracker.ingest.arrivals import Saturated
    from tracker.models import UsageSample

    gate, first = await held_up(writer, usage("a", 1))
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


async def test_the_news_of_each_commit_is_published(store: None, usage: Any) -> None:
    from tracker.ingest.door.writer import Writer
    from tracker.live.news import EventFired, GaugeMoved

    told: list[Any] = []
    writer = Writer(capacity=10, publish=told.append)
    writer.start()
    await writer.record([usage("a", 163_000)])
    await asyncio.to_thread(writer.stop)

    kinds = [type(news) for commit in told for news in commit]
    assert kinds == [GaugeMoved, EventFired]


async def test_answers_say_what_to_do_when_the_writer_is_full_or_ill(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.ingest.arrivals import Saturated, StoreUnavailable
    from tracker.ingest.door.process import get_writer

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
