"""An agent inside another one has a lane of its own; the outermost is `main`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sources.otlp.bodies import read_traces, span
from tracker.domain.reports import UsageReport
from tracker.sources.otlp.reading import Reading

USAGE = {"gen_ai.usage.input_tokens": 900, "gen_ai.operation.name": "chat"}
TOOL = {"gen_ai.operation.name": "execute_tool"}


def agent(name: str, **more: Any) -> dict[str, Any]:
    told = {"gen_ai.agent.name": name} if name else {}
    return {"gen_ai.operation.name": "invoke_agent", **told, **more}


def lanes(reading: Reading) -> list[str]:
    return [r.lane for r in reading.reports if isinstance(r, UsageReport)]


def agents(reading: Reading) -> list[str]:
    """Those that are main if they are their session's first."""
    return [r.agent for r in reading.reports if isinstance(r, UsageReport) and r.agent]


def test_an_agent_that_is_the_tool_of_another_has_a_lane_of_its_own() -> None:
    reading = read_traces(
        span(1, agent("main", **{"session.id": "chat-1"})),
        span(2, {}, parent=1, name="cycle"),
        span(3, USAGE, parent=2, at=1),
        span(4, TOOL, parent=2),
        span(5, agent("helper"), parent=4),
        span(6, {**USAGE, "gen_ai.usage.input_tokens": 50}, parent=5, at=2),
    )

    assert lanes(reading) == ["main", "helper"]
    first, second = (r.metadata or {} for r in reading.reports)
    assert (first["agent"], second["agent"]) == ("main", "helper")
    assert agents(reading) == ["main"]


def test_a_tools_agent_is_known_before_the_agent_around_it_arrives() -> None:
    reading = read_traces(
        span(4, {**TOOL, "session.id": "chat-1"}, parent=2),
        span(5, agent("helper"), parent=4),
        span(6, USAGE, parent=5),
    )

    assert lanes(reading) == ["helper"]


def test_an_id_names_the_lane_before_a_name() -> None:
    reading = read_traces(
        span(1, agent("main")),
        span(2, agent("helper", **{"gen_ai.agent.id": "a7"}), parent=1),
        span(3, USAGE, parent=2),
    )

    assert lanes(reading) == ["agent-a7"]


def test_one_agent_told_by_two_spans_is_one() -> None:
    """Two instrumentors, or a call that names its agent as the span around it does."""
    reading = read_traces(
        span(1, agent("main")),
        span(2, {"openinference.span.kind": "AGENT", "agent.name": "main"}, parent=1),
        span(3, {**USAGE, "gen_ai.agent.name": "main"}, parent=2),
    )

    assert lanes(reading) == ["main"]


def test_copilots_unnamed_agent_is_main_and_the_one_inside_is_not() -> None:
    told = {"github.copilot.initiator": "sub-agent"}
    reading = read_traces(
        span(1, agent("")),
        span(2, USAGE, parent=1, at=1),
        span(3, TOOL, parent=1),
        span(4, agent("explore"), parent=3),
        span(5, {**USAGE, **told}, parent=4, at=2),
        span(6, {**USAGE, **told}, parent=77, at=3),
    )

    assert lanes(reading) == ["main", "explore", "sub-agent"]


def test_a_workflow_around_agents_is_none_itself() -> None:
    kind = {"openinference.span.kind": "AGENT"}
    scope = "openinference.instrumentation.openai_agents"
    reading = read_traces(
        span(1, kind, name="Agent workflow", scope=scope),
        span(2, kind, name="Triage", parent=1, scope=scope),
        span(3, USAGE, parent=2, scope=scope),
    )

    assert lanes(reading) == ["main"]
    assert agents(reading) == ["Triage"]


@pytest.mark.parametrize(
    ("attributes", "lane"),
    [
        ({"qwen-code.prompt_id": "c23f########0"}, "main"),
        ({"qwen-code.prompt_id": "c23f#side-query-1f#0"}, "standalone"),
        ({"subagent_name": "memory", "qwen-code.prompt_id": "c#m-1#0"}, "memory"),
        (
            {"subagent_name": "look", "qwen-code.prompt_id": "c#look-2#0"},
            "agent-look-2",
        ),
    ],
)
def test_qwens_requests_beside_the_conversation(
    attributes: dict[str, Any], lane: str
) -> None:
    assert lanes(read_traces(span(1, {**USAGE, **attributes}))) == [lane]


def test_spans_that_are_each_others_parents_end() -> None:
    reading = read_traces(
        span(1, agent("a"), parent=2),
        span(2, agent("a"), parent=1),
        span(3, USAGE, parent=2),
    )

    assert lanes(reading) == ["main"]
