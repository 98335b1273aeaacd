"""One call told twice, by two ways or in two requests, counts once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.intake.telemetry import CALL, UNNAMED, send, stored
from tests.sources.otlp.bodies import TRACE, logs, span, traces


async def test_a_call_that_came_under_another_id_is_counted_once(
    api: Any, in_db: Any
) -> None:
    unnamed = {k: v for k, v in CALL.items() if k != "gen_ai.response.id"}

    await send(api, "/v1/traces", traces(span(1, CALL, scope="one")))
    await send(api, "/v1/traces", traces(span(2, unnamed, scope="two")))

    assert await stored(in_db) == [("conv-1", 1000)]


NAMELESS = {k: v for k, v in CALL.items() if k != "gen_ai.conversation.id"}


@pytest.mark.parametrize(
    ("child", "parent"),
    [
        pytest.param(NAMELESS, CALL, id="the same response id"),
        pytest.param(NAMELESS, UNNAMED, id="the id only on the child"),
        pytest.param(
            {k: v for k, v in UNNAMED.items() if k != "gen_ai.conversation.id"},
            CALL,
            id="the id only on the parent",
        ),
    ],
)
@pytest.mark.parametrize(
    ("trace", "is_remembered"),
    [
        pytest.param(0xA1, True, id="same trace"),
        pytest.param(0xA1, False, id="same trace, by another process"),
        pytest.param(0xB2, True, id="another root"),
    ],
)
async def test_a_child_sent_before_the_span_that_names_its_session_moves_there(
    api: Any,
    in_db: Any,
    child: dict[str, Any],
    parent: dict[str, Any],
    trace: int,
    is_remembered: bool,
) -> None:
    """As a SimpleSpanProcessor sends: each span as it ends, the inner one first."""
    from tracker.api.intake.sources import twins
    from tracker.models import LLMSession
    from tracker.upkeep.verifying import verify

    inner = span(2, child, scope="sdk", parent=1, trace=0xA1)
    outer = span(1, parent, scope="instrumentor", trace=trace)
    await send(api, "/v1/traces", traces(inner))
    assert await stored(in_db) == [(f"{0xA1:032x}", 1000)]
    if not is_remembered:
        twins.forget_all()  # as another process, or half a minute later
    await send(api, "/v1/traces", traces(outer))
    await send(api, "/v1/traces", traces(outer))

    assert await stored(in_db) == [("conv-1", 1000)]
    keys = LLMSession.objects.values_list("key", flat=True)
    assert await in_db(lambda: list(keys)) == ["conv-1"]
    assert await in_db(lambda: [str(each) for each in verify()]) == []


async def test_alike_calls_of_two_traces_each_move_to_their_own_session(
    api: Any, in_db: Any
) -> None:
    for number, trace in ((1, 0xA1), (2, 0xB2)):
        given = NAMELESS | {"gen_ai.response.id": f"chatcmpl-{number}"}
        inner = span(number, given, scope="sdk", trace=trace)
        await send(api, "/v1/traces", traces(inner))
    for number, trace in ((3, 0xA1), (4, 0xB2)):
        given = UNNAMED | {"gen_ai.conversation.id": f"conv-{number}"}
        outer = span(number, given, scope="instrumentor", trace=trace)
        await send(api, "/v1/traces", traces(outer))

    assert sorted(await stored(in_db)) == [("conv-3", 1000), ("conv-4", 1000)]


async def test_two_alike_calls_of_one_way_are_two_calls(api: Any, in_db: Any) -> None:
    """An eval may repeat a prompt; one exporter never sends a call under two ids."""
    unnamed = {k: v for k, v in CALL.items() if k != "gen_ai.response.id"}

    await send(api, "/v1/traces", traces(span(1, unnamed, scope="one")))
    await send(api, "/v1/traces", traces(span(2, unnamed, scope="one")))

    assert await stored(in_db) == [("conv-1", 1000), ("conv-1", 1000)]


ADK = {
    "name": "gen_ai.client.inference.operation.details",
    "trace": TRACE,
    "span": 1,
    "gen_ai.conversation.id": "conv-1",
    "gen_ai.usage.input_tokens": 1000,
    "gen_ai.usage.output_tokens": 10,
}


@pytest.mark.parametrize("answer", [{}, {"gen_ai.response.id": "resp-1"}], ids=str)
@pytest.mark.parametrize("first", ["event", "span", "event, by another process"])
async def test_an_event_without_a_model_and_the_span_of_its_call_are_one(
    api: Any, in_db: Any, answer: dict[str, str], first: str
) -> None:
    """Google ADK sends both; whichever comes first, the model is known."""
    from tracker.api.intake.sources import twins
    from tracker.models import UsageSample
    from tracker.upkeep.verifying import verify

    bodies = [
        ("/v1/logs", logs(ADK | answer, scope="gcp.vertex.agent")),
        ("/v1/traces", traces(span(1, UNNAMED | answer, scope="gcp.vertex.agent"))),
    ]
    if first == "span":
        bodies.reverse()
    for path, body in bodies * 2:
        await send(api, path, body)
        if first.endswith("process"):
            twins.forget_all()

    rows = UsageSample.objects.values_list("session__key", "used_tokens", "model")
    assert await in_db(lambda: list(rows)) == [("conv-1", 1000, "gpt-4o")]
    assert await in_db(lambda: [str(each) for each in verify()]) == []


async def test_two_alike_calls_of_one_way_are_two_although_one_has_no_id(
    api: Any, in_db: Any
) -> None:
    """Two prompts side by side; the instrumentor knows no id of a streamed answer."""
    both = traces(span(1, CALL, scope="one"), span(2, UNNAMED, scope="one"))

    await send(api, "/v1/traces", both)

    assert await stored(in_db) == [("conv-1", 1000), ("conv-1", 1000)]
