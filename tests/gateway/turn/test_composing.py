"""What fills the window of a call, by every dialect."""

from __future__ import annotations

import json
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import httpx
import pytest

from tests.gateway.agents import PATHS, Agent, filled
from tests.gateway.fake_upstream import FakeUpstream
from tracker.domain.composition.composition import Composition
from tracker.domain.reports import Parts
from tracker.gateway.turn.composed import Sent
from tracker.gateway.turn.composing import Fillings

KEY = (1, "s", "main")


def raws(*messages: Any) -> list[bytes]:
    return [json.dumps(message).encode() for message in messages]


def sent(*messages: Any, **more: Any) -> Sent:
    return Sent(
        key=KEY,
        model="claude-sonnet-4-5",
        method="by_script",
        system=more.pop("system", b'"You help."'),
        tools=more.pop("tools", b'[{"name": "read", "description": "Reads a file."}]'),
        messages=raws(*messages),
        digests=(),
        **more,
    )


def kinds(packed: str, total: int = 1_000) -> dict[str, int]:
    found = Composition.read(packed, Parts(history=total))
    return {share.name: share.tokens for share in found.kinds}


@pytest.mark.parametrize("shape", PATHS)
async def test_every_call_says_what_fills_its_window(
    client: httpx.AsyncClient, stored: Any, in_db: Any, shape: str
) -> None:
    from tracker.models import LaneComposition

    agent = Agent(client, shape, size=1_000)
    for _ in range(3):
        assert (await agent.call()).status_code == 200

    samples = await stored()
    assert len(samples) == 3
    for sample in samples:
        assert sample.unattributed_tokens == 0
        assert sample.tools_tokens > 0 and sample.history_tokens > 0
    assert "Fix the parser" in samples[0].added
    assert "tool_results\tread src/file_2.py" in samples[2].added
    assert "file_1.py" not in samples[2].added
    (row,) = await in_db(lambda: list(LaneComposition.objects.all()))
    found = Composition.read(row.packed, row.parts)
    assert sum(cell.tokens for cell in found.cells) == samples[2].used_tokens
    assert {"tool_calls", "tool_results", "assistant_text", "user_text"} <= {
        share.name for share in found.kinds
    }
    (read,) = [tool for tool in found.tools if tool.name == "read"]
    assert (read.times, read.definition > 0) == (2, True)


async def test_a_cut_fills_the_window_in_place_of_what_it_covers(
    client: httpx.AsyncClient,
    upstream: FakeUpstream,
    policy: Any,
    rows: Any,
    in_db: Any,
) -> None:
    await policy()
    agent = Agent(client)
    await filled(agent, rows)
    await agent.call()

    samples = await rows("UsageSample")
    (lane,) = await rows("LaneComposition")
    assert lane.parts.total == samples[-1].used_tokens
    found = Composition.read(lane.packed, lane.parts)
    assert found.messages < len(agent.messages) - 2
    assert [s.cache_reason for s in samples if s.cache_reason] == ["seen cut"]


async def test_a_project_without_messages_keeps_the_kinds_alone(
    client: httpx.AsyncClient, project: Any, stored: Any, in_db: Any
) -> None:
    from tracker.models import LaneComposition

    project.keep_messages = "no"
    await in_db(project.save)
    agent = Agent(client, size=1_000)
    for _ in range(2):
        await agent.call()

    samples = await stored()
    (row,) = await in_db(lambda: list(LaneComposition.objects.all()))
    for text in (row.packed, *(sample.added for sample in samples)):
        assert "file_1" not in text and "Fix the parser" not in text
    assert "tool_results" in row.packed


async def test_the_providers_reason_of_a_miss_is_stored(
    client: httpx.AsyncClient, upstream: FakeUpstream, stored: Any
) -> None:
    from aiohttp import web

    told = {"cache_miss_reason": {"type": "system_changed"}}
    usage = {"input_tokens": 9_000, "output_tokens": 1}
    said = {"id": "msg_9", "model": "m", "usage": usage, "diagnostics": told}

    async def answer(_: web.Request) -> web.Response:
        return web.json_response(said)

    upstream.next_answers.append(answer)
    await Agent(client).call()

    (sample,) = await stored()
    assert sample.cache_reason == "told system_changed"


def test_what_continues_is_read_on_and_comes_to_the_same() -> None:
    talk = [
        {"role": "user", "content": "Read a.py"},
        {"role": "assistant", "content": "I read it. " * 40},
        {"role": "user", "content": "And now?"},
    ]
    one, other = Fillings(), Fillings()
    first = one.start(sent(talk[0])).result()
    grown = one.start(sent(*talk)).result()
    whole = other.start(sent(*talk)).result()
    one.stop()
    other.stop()

    assert first is not None and grown is not None and whole is not None
    assert (grown.packed, grown.counted) == (whole.packed, whole.counted)
    assert grown.added.count("\n") == 1 and "Answer" in grown.added
    assert first.counted.tools == grown.counted.tools > 0
    assert grown.differs == ""


def test_another_beginning_is_read_anew_and_named() -> None:
    fillings = Fillings()
    fillings.start(sent({"role": "user", "content": "a"})).result()
    now = fillings.start(sent({"role": "user", "content": "b"})).result()
    tools = fillings.start(sent({"role": "user", "content": "b"}, tools=b"[]")).result()
    fillings.stop()

    assert now is not None and now.differs == "seen message 1 of 1"
    assert json.loads(now.packed)["messages"] == 1
    assert tools is not None and tools.differs == "seen tools"


def test_a_request_of_new_messages_alone_continues_what_its_provider_holds() -> None:
    """As OpenAI's Responses do with `previous_response_id`."""
    call = {"type": "function_call", "call_id": "c", "name": "bash",
            "arguments": '{"command": "cat a.py"}'}  # fmt: skip
    output = {"type": "function_call_output", "call_id": "c", "output": "x = 1 " * 50}
    fillings = Fillings()
    unknown = fillings.start(sent(output, is_continued=True)).result()
    fillings.start(sent({"role": "user", "content": "Read a.py"})).result()
    fillings.note_answer(KEY, json.dumps([call]).encode())
    now = fillings.start(sent(output, is_continued=True)).result()
    fillings.stop()

    assert unknown is None
    assert now is not None
    assert "tool_results\tbash cat a.py" in now.added
    assert set(kinds(now.packed)) >= {"user_text", "tool_calls", "tool_results"}


def test_what_cannot_be_read_is_not_named() -> None:
    fillings = Fillings()
    found = fillings.start(sent({"role": "user"}, system=b"{")).result()
    fillings.stop()

    assert found is None


def test_a_project_whose_requests_pile_up_leaves_room_for_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tracker.gateway.turn import composing

    monkeypatch.setattr(composing, "MOST_WAITING_BYTES", 1_000)
    fillings, waiting = Fillings(), list[Future[Any]]()

    class Busy:
        def submit(self, *_: Any) -> Future[Any]:
            waiting.append(Future())
            return waiting[-1]

    monkeypatch.setattr(fillings, "_in_thread", Busy)
    mine = sent({"role": "user", "content": "x" * 600})
    other = replace(mine, key=(2, "s", "main"))

    assert fillings.start(mine) is not None
    assert fillings.start(mine) is None
    assert fillings.start(other) is not None
    waiting[0].set_result(None)
    assert fillings.start(mine) is not None
