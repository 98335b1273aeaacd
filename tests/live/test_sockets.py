"""What a socket is told: the present first, then each fact once."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.live.conftest import ONE

FACTS = ("event", "compression")


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


async def test_a_ping_is_answered_and_anything_else_ignored(open_socket: Any) -> None:
    socket = await open_socket()
    await socket.next()

    for text in ("hello", '{"type":"ping"}', "ping"):
        await socket.communicator.send_to(text_data=text)
    await socket.communicator.send_to(bytes_data=b"ping")

    assert await socket.next() == {"type": "pong"}
    assert await socket.is_silent()
