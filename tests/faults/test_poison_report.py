"""One report that the database refuses costs no other one of its group."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from tests.sources.otlp.bodies import span, traces

HUGE = 2**70  # no column holds it
Failing = Callable[[Callable[[Any], bool], Exception], None]


@pytest.fixture
def writer(store: None) -> Iterator[Any]:
    from tracker.ingest.door.writer import Writer

    made = Writer(capacity=1_000)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Failing:
    """`failing(lambda report: …, error)`: to record such a report raises the error."""
    from tracker.ingest.judging.usage.record_usage import UsageJudge

    usual = UsageJudge.accept

    def begin(is_meant: Callable[[Any], bool], error: Exception) -> None:
        def fails(self: Any, item: Any, report: Any) -> Any:
            if is_meant(report):
                raise error
            return usual(self, item, report)

        monkeypatch.setattr(UsageJudge, "accept", fails)

    return begin


def stored() -> list[str]:
    from tracker.models import UsageSample
    from tracker.upkeep.verifying import is_consistent

    assert is_consistent()
    return sorted(UsageSample.objects.values_list("event_id", flat=True))


async def test_the_neighbours_of_one_group_are_stored(
    writer: Any, usage: Any, in_db: Any
) -> None:
    from tracker.ingest.arrivals import Rejection

    tickets = [
        [usage(f"s{n % 3}", HUGE if n == 7 else n, event_id=f"e{n:02}")]
        for n in range(20)
    ]

    answers = await asyncio.gather(*(writer.record(ticket) for ticket in tickets))

    refused = [n for n, (a,) in enumerate(answers) if isinstance(a, Rejection)]
    assert refused == [7]
    assert answers[7][0].status == 422
    assert "out of range" in answers[7][0].message
    assert await in_db(stored) == [f"e{n:02}" for n in range(20) if n != 7]


async def test_the_neighbours_of_one_request_are_stored(
    writer: Any, usage: Any, in_db: Any
) -> None:
    from tracker.ingest.arrivals import Rejection

    bad = {3, 4, 11}
    batch = [
        usage("s", HUGE if n in bad else n, event_id=f"e{n:02}") for n in range(12)
    ]

    answers = await writer.record(batch)

    assert {n for n, a in enumerate(answers) if isinstance(a, Rejection)} == bad
    assert await in_db(stored) == [f"e{n:02}" for n in range(12) if n not in bad]


async def test_its_event_id_stays_free_for_the_corrected_report(
    writer: Any, usage: Any, in_db: Any
) -> None:
    await writer.record([usage("s", HUGE, event_id="e"), usage("s", 1, event_id="f")])

    (answer,) = await writer.record([usage("s", 5, event_id="e")])

    assert answer.is_duplicate is False
    assert await in_db(stored) == ["e", "f"]


async def test_a_report_on_which_the_server_itself_fails_costs_no_other_one(
    writer: Any, usage: Any, in_db: Any, failing: Failing
) -> None:
    from tracker.ingest.arrivals import Rejection

    failing(lambda report: report.event_id == "e1", KeyError("a bug"))

    answers = await writer.record([usage("s", n, event_id=f"e{n}") for n in range(3)])

    assert isinstance(answers[1], Rejection) and answers[1].status == 503
    assert await in_db(stored) == ["e0", "e2"]
    assert writer.is_alive


async def test_whoever_reported_hears_422_and_others_201(
    api: Any, failing: Failing
) -> None:
    failing(lambda report: report.title == "huge", OverflowError("too large"))
    good = {"session": "s", "tokens": {"history": 1}}

    answers = await asyncio.gather(
        *(api.post("/usage", {**good, "title": "huge"} if n == 2 else good)
          for n in range(5))
    )  # fmt: skip
    batch = await api.post("/usage", [good, {**good, "title": "huge"}, good])

    assert [a.status_code for a in answers] == [201, 201, 422, 201, 201]
    assert "cannot store this report" in answers[2].json()["error"]["message"]
    assert batch.json()["accepted"] == 2
    assert [(r["index"], r["status"]) for r in batch.json()["rejected"]] == [(1, 422)]


async def test_a_batch_tells_what_to_send_again_from_what_breaks_a_rule(
    api: Any, failing: Failing
) -> None:
    failing(lambda report: report.title == "unlucky", KeyError("a bug"))
    good = {"session": "s", "tokens": {"history": 1}}
    bad, unlucky = {"session": "s"}, {**good, "title": "unlucky"}

    some = await api.post("/usage", [good, bad, unlucky])
    none = await api.post("/usage", [bad, unlucky])

    assert (some.status_code, some.json()["accepted"]) == (200, 1)
    statuses = [(r["index"], r["status"]) for r in some.json()["rejected"]]
    assert statuses == [(1, 422), (2, 503)]
    assert none.status_code == 503
    assert none.json()["error"]["code"] == "failed"
    assert float(none.headers["Retry-After"]) > 0


async def test_a_report_that_was_not_tried_is_told_to_come_again(
    api: Any, in_db: Any, failing: Failing, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.ingest.door import poison

    failing(lambda report: report.title == "huge", OverflowError("too large"))
    monkeypatch.setattr(poison, "MOST_TRIES", 3)
    good = {"session": "s", "tokens": {"history": 1}}
    huge = {**good, "title": "huge"}
    batch = [huge, huge, {**good, "event_id": "e2"}, {**good, "event_id": "e3"}]

    untried = await api.post("/usage", batch)
    again = await api.post("/usage", batch[2:])

    assert untried.status_code == 503
    assert "was not tried" in untried.json()["error"]["message"]
    assert "send it again" in untried.json()["error"]["message"]
    assert again.json()["accepted"] == 2
    assert await in_db(stored) == ["e2", "e3"]


async def test_telemetry_is_not_acknowledged_where_the_server_fails_on_a_call(
    api: Any, in_db: Any, failing: Failing
) -> None:
    async def send() -> Any:
        headers = {"Content-Type": "application/x-protobuf"}
        headers["Authorization"] = f"Bearer {api.key}"
        return await api.client.post("/v1/traces", content=body, headers=headers)

    call = {"gen_ai.conversation.id": "s", "gen_ai.usage.input_tokens": 1000}
    calls = [
        span(n, call | {"gen_ai.response.id": f"r{n}", "gen_ai.request.model": model})
        for n, model in ((1, "gpt-4o"), (2, "unlucky"))
    ]
    body = traces(*calls)
    failing(lambda report: report.model == "unlucky", KeyError("a bug"))
    refused = await send()
    failing(lambda report: False, KeyError("mended"))
    again = await send()  # as an exporter does; what was stored is known

    assert refused.status_code == 503
    assert float(refused.headers["Retry-After"]) > 0
    assert again.status_code == 200
    assert await in_db(stored) == ["r1", "r2"]


def test_a_request_of_nothing_but_poison_ends_and_spares_its_neighbours() -> None:
    from tracker.ingest.arrivals import Rejection
    from tracker.ingest.door.poison import MOST_TRIES, commit_good

    tries: list[int] = []

    def commit(arrivals: Any) -> list[Any]:
        tries.append(len(arrivals))
        if any(arrival.report.title == "poison" for arrival in arrivals):
            raise OverflowError
        return ["stored"] * len(arrivals)

    report = SimpleNamespace(event_id="e", session="s", title="")
    good, bad = (
        SimpleNamespace(report=SimpleNamespace(**{**vars(report), "title": title}))
        for title in ("", "poison")
    )
    answers: list[Any] = []
    commit_good([[good], [bad] * 1_000, [good, good]], commit, answers)

    assert [n for n, answer in enumerate(answers) if answer == "stored"] == [
        0,
        1_001,
        1_002,
    ]
    refused = [a for a in answers if isinstance(a, Rejection)]
    assert len(refused) == 1_000
    assert {a.status for a in refused} == {422, 503}
    assert len(tries) <= MOST_TRIES + 6


def test_what_was_committed_before_the_database_went_away_is_answered() -> None:
    from django.db import OperationalError

    from tracker.ingest.door.poison import commit_good

    calls = 0

    def commit(arrivals: Any) -> list[Any]:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise OverflowError
        if calls == 3:
            raise OperationalError("disk I/O error")
        return ["stored"] * len(arrivals)

    answers: list[Any] = []
    lots: Any = [["a"], ["b"], ["c"], ["d"]]
    with pytest.raises(OperationalError):
        commit_good(lots, commit, answers)

    assert answers == ["stored", "stored"]


async def test_who_was_stored_before_the_database_went_away_hears_so(
    writer: Any, usage: Any, in_db: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one request with a poison report a part was committed: its caller is told to
    send it again, and nothing counts twice.
    """
    from django.db import OperationalError

    from tracker.ingest.arrivals import Rejection, StoreUnavailable

    usual, commits = writer._recorder.record, 0

    def record(arrivals: Any, **kwargs: Any) -> Any:
        nonlocal commits
        commits += 1
        if commits in (3, 4, 5):
            raise OperationalError("disk I/O error")
        return usual(arrivals, **kwargs)

    monkeypatch.setattr(writer._recorder, "record", record)
    batch = [usage("s", HUGE if n == 3 else n, event_id=f"e{n}") for n in range(4)]
    with pytest.raises(StoreUnavailable, match="is unknown: send it again"):
        await writer.record(batch)

    answers = await writer.record(batch)

    is_duplicate = [a.is_duplicate for a in answers if not isinstance(a, Rejection)]
    assert is_duplicate == [True, True, False]
    assert await in_db(stored) == ["e0", "e1", "e2"]
