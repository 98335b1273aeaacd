"""One sample per answer, whatever the answer says and whatever the store does."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.gateway.bodies import anthropic
from tracker.gateway.record import Records, shares, usage_report
from tracker.gateway.request.body import Outline, read_body
from tracker.gateway.request.conversation import Conversation
from tracker.gateway.upstream.answers import Answered
from tracker.ingest.arrivals import Saturated

TALK = Conversation("s", "main", True)


def request(**more: Any) -> Outline:
    body = json.dumps(anthropic(size=4_000, **more)).encode()
    return read_body("anthropic", "", body, {}).outline


def test_a_report_has_the_providers_numbers() -> None:
    usage = {
        "input_tokens": 10,
        "cache_read_input_tokens": 2_000,
        "cache_creation_input_tokens": 300,
        "output_tokens": 7,
    }
    report = usage_report(
        request(), TALK, Answered("msg_1", "claude-x", usage), window_tokens=10**6
    )

    assert (report.used_tokens, report.source) == (2_310, "reported")
    assert report.cache_read_tokens == 2_000
    assert report.parts.total == 2_310
    assert report.parts.system > 0 and report.parts.tools > 0
    assert (report.event_id, report.model) == ("msg_1", "claude-x")
    assert (report.window_tokens, report.window_source) == (10**6, "client")


def test_an_answer_without_usage_is_estimated_by_the_requests_size() -> None:
    body = request()
    report = usage_report(body, TALK, Answered())

    size = body.system_bytes + body.tools_bytes + body.messages_bytes
    assert (report.used_tokens, report.source) == (size // 4, "estimated")
    assert report.model == "claude-sonnet-4-5"


def test_an_image_makes_the_tools_no_smaller() -> None:
    plain, pictured = request(), request()
    object.__setattr__(pictured, "messages_bytes", 4_000_000)

    assert shares(pictured, 50_000).tools == shares(plain, 50_000).tools


async def test_a_sample_that_finds_the_door_full_is_stored_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tracker.gateway import record

    tries: list[Any] = []
    outcomes: list[Any] = []

    class Door:
        async def hand_over(self, arrivals: list[Any]) -> asyncio.Future[list[Any]]:
            tries.append(arrivals)
            answer = asyncio.get_running_loop().create_future()
            if len(tries) < 3:
                answer.set_exception(Saturated())
            else:
                answer.set_result([outcome])
            return answer

    outcome = object.__new__(record.Outcome)
    monkeypatch.setattr(record, "get_writer", Door)
    monkeypatch.setattr(record, "PAUSE_SECONDS", 0.0)
    records = Records()
    records.add(1, 1, usage_report(request(), TALK, Answered()), outcomes.append)
    async with asyncio.timeout(60):
        await records.drain()

    assert len(tries) == 3
    assert outcomes == [outcome]


async def test_a_sample_that_is_ready_sooner_waits_for_the_one_before_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tracker.gateway import record

    stored: list[Any] = []

    class Door:
        async def hand_over(self, arrivals: list[Any]) -> asyncio.Future[list[Any]]:
            stored.extend(arrival.report.event_id for arrival in arrivals)
            answer = asyncio.get_running_loop().create_future()
            answer.set_result([object.__new__(record.Outcome)])
            return answer

    monkeypatch.setattr(record, "get_writer", Door)
    first, second = (
        usage_report(request(), TALK, Answered(name)) for name in ("1", "2")
    )
    is_ready = asyncio.Event()

    async def slow() -> Any:
        await is_ready.wait()
        return first

    async def quick() -> Any:
        is_ready.set()
        return second

    records = Records()
    for report, whole in ((first, slow()), (second, quick())):
        records.add(1, 1, report, lambda _: None, whole)
    asyncio.get_running_loop().call_later(0.05, is_ready.set)
    async with asyncio.timeout(60):
        await records.drain()

    assert stored == ["1", "2"]


@pytest.mark.parametrize(("project_id", "expected"), [(1, ["1", "2"]), (2, ["2", "1"])])
async def test_a_sample_waits_for_those_before_it_in_its_lane_alone(
    monkeypatch: pytest.MonkeyPatch, project_id: int, expected: list[str]
) -> None:
    """Rules known a second ago are asked for again; the next call finds them fresh."""
    from tracker.gateway import record

    stored: list[Any] = []
    are_known = asyncio.Event()

    class Door:
        async def hand_over(self, arrivals: list[Any]) -> asyncio.Future[list[Any]]:
            name = arrivals[0].report.event_id
            if name == "1":
                await are_known.wait()
            stored.append(name)
            answer = asyncio.get_running_loop().create_future()
            answer.set_result([object.__new__(record.Outcome)])
            return answer

    monkeypatch.setattr(record, "get_writer", Door)
    records = Records()
    for whose, name in ((1, "1"), (project_id, "2")):
        report = usage_report(request(), TALK, Answered(name))
        records.add(whose, 1, report, lambda _: None)
    asyncio.get_running_loop().call_later(0.05, are_known.set)
    async with asyncio.timeout(60):
        await records.drain()

    assert stored == expected
