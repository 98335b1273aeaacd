"""Which moves of a trace's calls are made in the store."""

from __future__ import annotations

from typing import Any

from tests.api.intake.telemetry import send, stored
from tests.sources.otlp.bodies import TRACE, span, traces
from tests.sources.otlp.call_spans import usage

NAMED = {"session.id": "chat-1"}
AGENT = NAMED | {"gen_ai.operation.name": "invoke_agent"}


def agent(name: str, **more: Any) -> dict[str, Any]:
    return span(1, AGENT | {"gen_ai.agent.name": name}, seconds=9, **more)


async def lanes(in_db: Any) -> list[tuple[str, int]]:
    from tracker.models import UsageSample

    rows = UsageSample.objects.order_by("at").values_list("lane", "used_tokens")
    return await in_db(lambda: list(rows))


async def test_agents_side_by_side_have_lanes_when_their_names_come_after_their_calls(
    api: Any, in_db: Any
) -> None:
    await send(api, "/v1/traces", traces(span(2, usage(900) | NAMED, parent=1)))
    other = span(2, usage(700) | NAMED, parent=1, trace=0xB2, at=2)
    await send(api, "/v1/traces", traces(other))
    assert await lanes(in_db) == [("main", 900), ("main", 700)]

    await send(api, "/v1/traces", traces(agent("planner")))
    await send(api, "/v1/traces", traces(agent("writer", trace=0xB2)))

    assert await lanes(in_db) == [("main", 900), ("writer", 700)]


async def test_a_call_that_was_deleted_does_not_come_back(api: Any, in_db: Any) -> None:
    from tracker.models import LLMSession
    from tracker.upkeep.deleting import delete_session

    await send(api, "/v1/traces", traces(span(2, usage(900), parent=1)))
    session = await in_db(LLMSession.objects.get)
    assert session.key == f"{TRACE:032x}"
    await in_db(lambda: delete_session(session))

    await send(api, "/v1/traces", traces(agent("planner")))

    assert await stored(in_db) == []


async def test_many_calls_move_in_several_transactions(
    api: Any, in_db: Any, monkeypatch: Any
) -> None:
    from tracker.api.intake import sources

    sizes: list[int] = []

    async def noted(arrivals: Any) -> Any:
        sizes.append(len(arrivals))
        return await stored_for_real(arrivals)

    stored_for_real = sources.stored
    calls = [span(n, usage(1000 + n), parent=1, at=n) for n in range(2, 9)]
    await send(api, "/v1/traces", traces(*calls))
    monkeypatch.setattr(sources, "stored", noted)
    monkeypatch.setattr(sources, "MOVED_AT_ONCE", 3)

    await send(api, "/v1/traces", traces(agent("planner")))

    assert sizes == [3, 3, 1]
    assert {session for session, _ in await stored(in_db)} == {"chat-1"}
