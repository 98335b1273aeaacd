"""The whole way of one fact: POST -> row -> event -> socket -> reads -> page."""

from __future__ import annotations

from typing import Any

import pytest

from tests.live.conftest import application, open_socket

__all__ = ["application", "open_socket"]


@pytest.mark.usefixtures("application")
async def test_one_report_is_seen_at_every_station(
    api: Any, open_socket: Any, in_db: Any
) -> None:
    from tracker.models import LLMSession, ThresholdEvent, UsageSample

    socket = await open_socket()
    assert (await socket.next())["counts"]["compress"] == 0

    answer = (
        await api.post(
            "/usage",
            {
                "session": "team/refund 💬",
                "title": "Refund bot",
                "event_id": "req_01",
                "model": "my-model",
                "message_count": 18,
                "tokens": {
                    "system": 2_000,
                    "history": 161_500,
                    "user_context": 3_000,
                    "tools": 900,
                },
            },
        )
    ).json()
    gauge = await socket.first("budget")
    event = await socket.first("event")
    counts = await socket.first("counts")

    def rows() -> tuple[Any, Any, Any]:
        return (
            LLMSession.objects.get(),
            UsageSample.objects.get(),
            ThresholdEvent.objects.get(),
        )

    session, sample, row = await in_db(rows)
    address = "/sessions/team%2Frefund%20%F0%9F%92%AC"
    shown = (await api.get(address)).json()
    history = (await api.get(address + "/usage")).json()["results"]
    events = (await api.get("/events")).json()["results"]

    used = 167_400
    assert answer["budget"]["level"] == "compress"
    assert answer["budget"] == gauge["budget"] == shown["budget"]
    assert (session.used_tokens, sample.used_tokens, row.used_tokens) == (used,) * 3
    assert [s["used_tokens"] for s in history] == [used]
    assert answer["events"][0]["id"] == event["id"] == events[0]["id"] == row.pk
    assert event["seq"] == events[0]["seq"] == row.seq == 1
    assert counts["counts"]["compress"] == 1
    assert gauge["pk"] == session.pk
    assert gauge["title"] == shown["title"] == "Refund bot"


async def test_a_compression_brings_the_gauge_down_everywhere(
    api: Any, open_socket: Any
) -> None:
    from tests.api.conftest import LONG_TALK

    socket = await open_socket()
    await socket.next()

    answer = (await api.post("/sessions/s/optimize", {"messages": LONG_TALK})).json()
    card = await socket.first("compression")
    gauge = (await api.get("/sessions/s")).json()["budget"]
    listed = (await api.get("/compressions?session=s")).json()["results"]

    assert answer["compressed"] is True
    assert card["id"] == listed[0]["id"] == answer["compression"]["id"]
    assert card["before_tokens"] == answer["before_tokens"]
    assert gauge["used_tokens"] == card["after_tokens"] == answer["after_tokens"]
