"""What a socket is told: the present first, then each fact once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

FACTS = ("event", "compression")
ONE = {"session": "s", "tokens": {"history": 163_000}}


async def test_the_present_comes_first_then_the_gauge_and_the_event(
    api: Any, open_socket: Any
) -> None:
    await api.post("/usage", {"session": "old", "tokens": {"history": 5}})
    socket = await open_socket()

    snapshot = await socket.next()
    await api.post("/usage", ONE)
    gauge = await socket.first("budget", session="s")
    event = await socket.first("event", session="s")
    counts = await socket.first("counts")

    assert (snapshot["type"], snapshot["gap"]) == ("snapshot", False)
    assert (snapshot["seq"], snapshot["seqs"]) == (0, {"default": 0})
    assert [b["session"] for b in snapshot["budgets"]] == ["old"]
    assert snapshot["counts"]["ok"] == 1
    assert gauge["budget"]["level"] == "warning"
    assert (gauge["project"], gauge["lane"], gauge["sample_count"]) == (
        "default",
        "main",
        1,
    )
    assert (event["from_level"], event["to_level"]) == ("ok", "warning")
    assert event["seq"] == 1
    assert (counts["counts"]["warning"], counts["counts"]["ok"]) == (1, 1)


async def test_counts_catch_up_with_what_came_while_they_were_read(
    api: Any, open_socket: Any, monkeypatch: Any
) -> None:
    from tracker.live.hub import hub

    socket = await open_socket()
    await socket.next()
    read, posted = hub._counts_now, []

    async def read_too_soon(moved: set[int]) -> dict[frozenset[int], str]:
        found = await read(moved)
        if moved and not posted:
            posted.append(await api.post("/usage", ONE | {"session": "late"}))
            await asyncio.sleep(0.05)  # its news too is there before the tick
        return found

    monkeypatch.setattr(hub, "_counts_now", read_too_soon)
    await api.post("/usage", ONE | {"session": "first"})

    await socket.until(lambda m: m["type"] == "counts" and m["counts"]["warning"] == 2)

    assert len(posted) == 1
    assert sorted(socket.seqs("event")) == [1, 2]


async def test_sockets_come_back_to_what_a_failed_tick_did_not_tell(
    api: Any, open_socket: Any, monkeypatch: Any
) -> None:
    from tracker.live import hub

    socket = await open_socket()
    snapshot = await socket.next()
    with monkeypatch.context() as broken:
        broken.setattr(hub, "TickNews", None)
        await api.post("/usage", ONE)
        closed = await socket.until(lambda m: m["type"] == "close")
    again = await open_socket(f"/ws/overview/?after=default:{snapshot['seq']}")
    event = await again.first("event")

    assert closed["code"] == hub.COME_BACK
    assert (event["seq"], event["to_level"]) == (1, "warning")


async def test_a_sessions_socket_hears_of_this_session_alone(
    api: Any, open_socket: Any, in_db: Any
) -> None:
    from tracker.models import LLMSession

    await api.post("/usage", ONE | {"session": "mine"})
    await api.post("/usage", ONE | {"session": "mine", "lane": "helper"})
    pk = (await in_db(LLMSession.objects.get)).pk
    socket = await open_socket(f"/ws/sessions/{pk}/")

    snapshot = await socket.next()
    await api.post("/usage", ONE | {"session": "other"})
    await api.post("/usage", {"session": "mine", "tokens": {"history": 7}})
    gauge = await socket.first("budget")

    assert snapshot["session"] == "mine"
    assert [b["lane"] for b in snapshot["budgets"]] == ["main", "helper"]
    assert gauge["budget"]["used_tokens"] == 7
    assert {m["session"] for m in socket.seen} == {"mine"}


async def test_a_lanes_gauge_moves_apart_from_the_sessions(
    api: Any, open_socket: Any
) -> None:
    socket = await open_socket()
    await api.post("/usage", ONE | {"lane": "helper"})

    gauge = await socket.first("budget", lane="helper")

    assert gauge["budget"]["used_tokens"] == 163_000
    assert await socket.is_silent()


async def test_a_compression_is_told_with_its_card_and_its_event(
    api: Any, open_socket: Any
) -> None:
    await api.post("/usage", ONE)
    socket = await open_socket()
    await socket.next()  # else the snapshot may tell of it
    body = {"before_tokens": 163_000, "after_tokens": 9, "summary": "x" * 1_000}

    await api.post("/sessions/s/compressions", body)
    await socket.until(lambda m: m.get("seq") == 3 and m["type"] in FACTS)
    (card,) = (m for m in socket.seen if m["type"] == "compression")
    (event,) = (m for m in socket.seen if m["type"] == "event")

    assert event["to_level"] == "ok"
    assert (card["before_tokens"], card["after_tokens"]) == (163_000, 9)
    assert (card["review"], card["performed_by"]) == ("pending", "client")
    assert card["summary"] == "x" * 600
    assert sorted(socket.seqs()) == [2, 3]


@pytest.mark.parametrize("after", ["default:0", "0", "default:3", "3"])
async def test_what_was_missed_is_replayed_exactly_once(
    open_socket: Any, swing: Any, after: str
) -> None:
    await swing("s", 10)
    start = int(after[-1])

    socket = await open_socket(f"/ws/overview/?after={after}")
    await socket.first("event", seq=10)
    await swing("s", 4)
    await socket.first("event", seq=14)

    assert socket.seen[0]["type"] == "snapshot"
    assert socket.seqs() == list(range(start + 1, 15))
    assert await socket.is_silent()


async def test_a_sessions_socket_replays_that_sessions_facts(
    open_socket: Any, swing: Any, in_db: Any
) -> None:
    from tracker.models import LLMSession

    await swing("a", 3)
    await swing("b", 3)
    pk = (await in_db(lambda: LLMSession.objects.get(key="b"))).pk

    socket = await open_socket(f"/ws/sessions/{pk}/?after=default:0")
    await socket.first("event", seq=6)

    assert socket.seqs() == [4, 5, 6]


@pytest.mark.parametrize(
    "after",
    ["", "x", "default:", "default:-1", "nobody:3", "²", "9" * 5_000, "default:99"],
)
async def test_an_after_that_says_nothing_replays_nothing(
    open_socket: Any, swing: Any, after: str
) -> None:
    await swing("s", 3)

    socket = await open_socket(f"/ws/overview/?after={after}")

    assert (await socket.next())["gap"] is False
    assert await socket.is_silent()
    assert socket.seqs() == []


async def test_a_thousand_missed_are_replayed_and_one_more_is_a_gap(
    open_socket: Any, swing: Any
) -> None:
    await swing("s", 1_001)

    whole = await open_socket("/ws/overview/?after=default:1")
    await whole.first("event", seq=1_001)
    gap = await open_socket("/ws/overview/?after=default:0")
    snapshot = await gap.next()

    assert whole.seqs() == list(range(2, 1_002))
    assert (snapshot["gap"], snapshot["seq"]) == (True, 1_001)
    assert await gap.is_silent()


async def test_facts_that_come_while_sockets_open_reach_each_exactly_once(
    open_socket: Any, swing: Any
) -> None:
    async def report() -> None:
        for n in range(40):
            await swing(f"s{n % 3}", 2)

    reporting = asyncio.create_task(report())
    sockets = []
    for _ in range(8):
        sockets.append(await open_socket("/ws/overview/?after=default:0"))
        await asyncio.sleep(0.02)
    await reporting

    for socket in sockets:
        await socket.first("event", seq=80)
        assert socket.seqs() == list(range(1, 81))
        assert await socket.is_silent()


async def test_what_happened_while_nobody_watched_is_not_told_as_news(
    open_socket: Any, swing: Any
) -> None:
    first = await open_socket()
    await first.close()
    await swing("s", 30)
    await asyncio.sleep(0.1)

    socket = await open_socket()

    assert (await socket.next())["seq"] == 30
    assert await socket.is_silent()


async def test_many_moves_of_one_gauge_within_a_tick_travel_as_one(
    api: Any, open_socket: Any, settings: Any
) -> None:
    socket = await open_socket()
    await socket.next()
    reports = [{"session": "s", "tokens": {"history": n}} for n in range(1, 201)]

    await asyncio.gather(*(api.post("/usage", report) for report in reports[:-1]))
    await api.post("/usage", reports[-1])
    gauge = await socket.until(
        lambda m: m["type"] == "budget" and m["sample_count"] == 200
    )

    assert gauge["budget"]["used_tokens"] == 200
    moves = [m for m in socket.seen if m["type"] == "budget"]
    assert len(moves) <= 60
    counts = [m["sample_count"] for m in moves]
    assert counts == sorted(counts)


async def test_what_another_process_wrote_is_seen_in_the_store(
    project: Any, open_socket: Any
) -> None:
    socket = await open_socket()
    await socket.next()

    for n in (1, 2):  # also after the hub has seen the store once
        await asyncio.to_thread(write_as_another_process, project.pk, f"import{n}")
        event = await socket.first("event", session=f"import{n}")
        assert event["to_level"] == "warning"
    assert socket.seqs() == [1, 2]
    gauges = {m["session"] for m in socket.seen if m["type"] == "budget"}
    assert gauges == {"import1", "import2"}


async def test_no_fact_of_a_large_import_is_left_out(
    project: Any, open_socket: Any
) -> None:
    socket = await open_socket()
    await socket.next()

    await asyncio.to_thread(write_as_another_process, project.pk, "import", times=1_500)
    await socket.first("event", seq=1_500)

    assert socket.seqs() == list(range(1, 1_501))


def write_as_another_process(project_id: int, session: str, times: int = 1) -> None:
    """Record without this process's writer, over a connection of its own."""
    from django.db import connection

    from tracker.domain.reports import Parts, UsageReport
    from tracker.ingest.arrivals import Arrival
    from tracker.ingest.record import Recorder

    arrivals = []
    for n in range(times):
        used = 163_000 if n % 2 == 0 else 0
        report = UsageReport(session, used, Parts(history=used), "counted")
        arrivals.append(Arrival(project_id, report, datetime.now(UTC)))
    try:
        Recorder().record(arrivals)
    finally:
        connection.close()


def as_another_process(function: Any, *given: Any) -> None:
    """Over a connection of its own."""
    from django.db import connection

    try:
        function(*given)
    finally:
        connection.close()


async def test_a_verdict_reaches_open_pages_as_a_smaller_count(
    api: Any, open_socket: Any
) -> None:
    made = await api.post(
        "/sessions/s/compressions", {"before_tokens": 9, "after_tokens": 5}
    )
    socket = await open_socket()
    assert (await socket.next())["pending"] == 1

    pk = made.json()["compression"]["id"]
    await api.post(f"/compressions/{pk}/review", {"review": "accepted"})

    await socket.first("counts", pending=0)


async def test_deleted_sessions_reach_open_pages_as_smaller_counts(
    api: Any, open_socket: Any, in_db: Any
) -> None:
    from tracker.ingest.deleting import delete_session
    from tracker.models import LLMSession

    for name in ("a", "b", "c"):
        await api.post("/usage", {"session": name, "tokens": {"history": 5}})
    socket = await open_socket()
    assert (await socket.next())["counts"]["ok"] == 3

    def delete(key: str) -> None:
        delete_session(LLMSession.objects.get(key=key))

    for key, left in (("a", 2), ("c", 1)):
        await asyncio.to_thread(as_another_process, delete, key)
        counts = await socket.first("counts")
        assert counts["counts"]["ok"] == left


async def test_what_a_socket_sends_is_ignored(api: Any, open_socket: Any) -> None:
    socket = await open_socket()
    await socket.communicator.send_to(text_data="{nonsense")
    await socket.communicator.send_to(bytes_data=b"\xff")
    await api.post("/usage", ONE)

    await socket.first("event")


async def test_an_unknown_address_is_closed_at_once(application: Any) -> None:
    from channels.testing import WebsocketCommunicator

    communicator = WebsocketCommunicator(application, "/ws/nothing/")

    assert await communicator.connect() == (False, 4004)


async def test_a_stopping_server_tells_sockets_to_come_back(open_socket: Any) -> None:
    from tracker.live.hub import hub

    socket = await open_socket()
    await socket.next()

    await hub.stop()

    assert await socket.next() == {"type": "close", "code": 1012}
