"""The session stands on a span that comes with a later request than its calls."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from tests.api.intake.telemetry import send, stored
from tests.sources.otlp.bodies import TRACE, span, traces

USAGE = {"gen_ai.usage.output_tokens": 5, "gen_ai.request.model": "gpt-4o"}


def call(number: int, tokens: int, **more: Any) -> dict[str, Any]:
    return span(number, {**USAGE, "gen_ai.usage.input_tokens": tokens}, **more)


def agent(number: int, session: str, **more: Any) -> dict[str, Any]:
    told = {"session.id": session, "openinference.span.kind": "AGENT"}
    return span(number, told, **more)


RUN = (
    call(2, 5000, parent=1, at=1),
    call(3, 7000, parent=1, at=3),
    agent(1, "chat-1", seconds=9),
)


async def is_sound(in_db: Any) -> bool:
    from tracker.upkeep.verifying import verify

    return [str(each) for each in await in_db(lambda: list(verify()))] == []


@pytest.mark.parametrize("order", [*permutations(range(3))], ids=str)
async def test_calls_belong_to_the_session_of_their_root_in_any_order(
    api: Any, in_db: Any, order: tuple[int, ...]
) -> None:
    for place in (*order, *order):  # an exporter sends again what it did not hear of
        await send(api, "/v1/traces", traces(RUN[place]))

    assert sorted(await stored(in_db)) == [("chat-1", 5000), ("chat-1", 7000)]
    assert await is_sound(in_db)


async def test_the_trace_is_no_session_any_more(api: Any, in_db: Any) -> None:
    from tracker.models import LLMSession

    await send(api, "/v1/traces", traces(*RUN[:2]))
    assert [key for key, _ in await stored(in_db)] == [f"{TRACE:032x}"] * 2
    await send(api, "/v1/traces", traces(RUN[2]))

    rows = LLMSession.objects.values_list("key", "title", "used_tokens", "sample_count")
    assert await in_db(lambda: list(rows)) == [("chat-1", "", 7000, 2)]
    session = await in_db(LLMSession.objects.get)
    assert "grouped_by" not in session.metadata


async def test_another_process_moves_what_this_one_stored(api: Any, in_db: Any) -> None:
    from tracker.api.intake.sources import trace_book, twins

    await send(api, "/v1/traces", traces(RUN[0]))
    twins.forget_all()
    trace_book.forget_all()
    await send(api, "/v1/traces", traces(RUN[2]))

    assert await stored(in_db) == [("chat-1", 5000)]


async def test_of_two_agents_in_a_trace_each_has_the_calls_that_it_ran(
    api: Any, in_db: Any
) -> None:
    """The HTTP span between an agent and its calls is one that nobody sends."""
    unsent = 99
    first = call(3, 5000, at=1, parent=unsent)
    second = call(5, 7000, at=21, parent=unsent)
    third = call(6, 9000, at=50, parent=unsent)
    await send(api, "/v1/traces", traces(first, second, third))
    await send(api, "/v1/traces", traces(agent(2, "chat-1", parent=1, seconds=9)))
    await send(
        api, "/v1/traces", traces(agent(4, "chat-2", parent=1, at=20, seconds=9))
    )

    assert sorted(await stored(in_db)) == [
        (f"{TRACE:032x}", 9000),
        ("chat-1", 5000),
        ("chat-2", 7000),
    ]
    assert await is_sound(in_db)


async def test_an_instrumentors_span_and_the_root_in_one_request_move_a_call_once(
    api: Any, in_db: Any
) -> None:
    await send(api, "/v1/traces", traces(call(3, 5000, parent=2, at=1, scope="sdk")))
    outer = call(2, 5000, parent=1, at=1)
    await send(api, "/v1/traces", traces(outer, agent(1, "chat-1", seconds=9)))

    assert await stored(in_db) == [("chat-1", 5000)]
    assert await is_sound(in_db)


async def test_other_projects_and_other_traces_are_left_alone(
    api: Any, in_db: Any
) -> None:
    await send(api, "/v1/traces", traces(call(2, 5000, parent=1, trace=0xB2)))
    await send(api, "/v1/traces", traces(agent(1, "chat-1", seconds=9)))

    assert await stored(in_db) == [(f"{0xB2:032x}", 5000)]


async def test_a_moved_call_is_no_report_of_the_request_that_moves_it(
    api: Any, in_db: Any
) -> None:
    from tests.api.intake.telemetry import activity_row

    for body in RUN:
        await send(api, "/v1/traces", traces(body))

    row = await in_db(activity_row)
    assert (row.report_count, row.twin_count) == (2, 0)


async def test_an_agent_that_is_anothers_tool_keeps_its_lane_when_it_moves(
    api: Any, in_db: Any
) -> None:
    """Each span in a request of its own, as it ends; the tool's names the session."""
    from tracker.models import UsageSample

    agents = {"gen_ai.operation.name": "invoke_agent"}
    helper = agents | {"gen_ai.agent.name": "helper"}
    tool = {"gen_ai.operation.name": "execute_tool", "session.id": "chat-1"}
    main = agents | {"gen_ai.agent.name": "main", "session.id": "chat-1"}
    for each in (
        call(5, 900, parent=4, at=3),
        span(4, helper, parent=3, at=2, seconds=3),
        span(3, tool, parent=1, at=1, seconds=5),
        call(2, 5000, parent=1, at=7),
        span(1, main, seconds=9),
    ):
        await send(api, "/v1/traces", traces(each))

    rows = UsageSample.objects.order_by("at").values_list(
        "session__key", "lane", "used_tokens"
    )
    assert await in_db(lambda: list(rows)) == [
        ("chat-1", "helper", 900),
        ("chat-1", "main", 5000),
    ]
    assert await is_sound(in_db)
