"""What a socket missed is told once when it comes back, or called a gap."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.live.conftest import ONE


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
