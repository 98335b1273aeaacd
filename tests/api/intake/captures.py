"""Small captures in the shape of real clients': what is sent, in the order of ends.

Each is a list of records: a span (tests/sources/otlp/bodies.py), or a log event, which
has `name`. All ids, names and numbers are made up.
"""

from __future__ import annotations

from typing import Any

from tests.sources.otlp.bodies import span
from tests.sources.otlp.call_spans import sdk_span, usage

Record = dict[str, Any]
AGENT = {"gen_ai.operation.name": "invoke_agent"}
TOOL = {"gen_ai.operation.name": "execute_tool"}
KIND = "openinference.span.kind"


def _main(number: int, session: str, **more: Any) -> Record:
    told = AGENT | {"gen_ai.agent.name": "main", "session.id": session}
    return span(number, told, seconds=60, **more)


def strands() -> list[Record]:
    """An agent that has another one as its tool; a name of both only on their spans."""
    said = {"session.id": "chat-1"}
    helper = said | AGENT | {"gen_ai.agent.name": "helper"}
    return [
        span(2, said | usage(9000), parent=1, at=1),
        span(5, said | usage(700), parent=4, at=4),
        span(4, helper, parent=3, at=3, seconds=3),
        span(3, said | TOOL, parent=1, at=3, seconds=4),
        span(6, said | usage(9100), parent=1, at=9),
        _main(1, "chat-1"),
    ]


def agno() -> list[Record]:
    """The session on the agent's span alone; each call by the framework and the SDK."""
    model = {
        KIND: "LLM",
        "llm.provider": "Anthropic",
        "llm.model_name": "claude-sonnet",
    }
    told = {"llm.token_count.prompt": 900, "llm.token_count.completion": 30}
    messages = {"llm.input_messages.0.message.role": "user"}
    scope = "openinference.instrumentation.agno"
    calls: list[Record] = []
    for number, at in ((2, 1), (4, 11)):
        attributes = model | told | messages | {"llm.model_name": "claude-sonnet-4-5"}
        calls += [
            sdk_span(number + 1, parent=number, at=at),
            span(number, attributes, parent=1, at=at, scope=scope),
        ]
    agent = {KIND: "AGENT", "session.id": "chat-1", "agent.name": "main"}
    return [*calls, span(1, agent, seconds=60, scope=scope)]


def unsent_parent() -> list[Record]:
    """The HTTP span between agent and call is sent to somebody else."""
    return [
        span(3, usage(900), parent=98, at=1),
        span(4, AGENT | {"gen_ai.agent.name": "a", "session.id": "chat-1"}, parent=99),
        span(6, usage(1900), parent=97, at=30),
        _main(1, "chat-2"),
    ]


def totals() -> list[Record]:
    """A span around two calls adds them up, and does not say that it is a total; one
    around one call is the same call.
    """
    said = {"session.id": "chat-1"}
    return [
        span(2, said | usage(900), parent=1, at=1),
        span(3, said | usage(1100), parent=1, at=3),
        span(1, said | usage(2000), seconds=10),
        span(12, said | usage(500), parent=11, at=21),
        span(11, said | usage(500), at=20, seconds=3),
    ]


def nested_in_a_tool() -> list[Record]:
    """The AI SDK: the caller's metadata on the outer call alone, whose tool calls."""
    told = {"ai.telemetry.metadata.sessionId": "chat-1"}
    tool = told | {"ai.operationId": "ai.toolCall"}
    inner = usage(300) | {"gen_ai.response.id": "msg_inner"}
    return [
        span(2, told | usage(900), parent=1, at=1),
        span(5, inner, parent=4, at=4),
        span(4, {"ai.operationId": "ai.generateText"}, parent=3, at=4, seconds=2),
        span(3, tool, parent=1, at=3, seconds=4),
        span(1, told | {"ai.operationId": "ai.generateText"}, seconds=60),
    ]


def adk() -> list[Record]:
    """Each call by an event without a model and by its span."""
    told = {"gen_ai.conversation.id": "chat-1"}
    tokens = {k: v for k, v in usage(900).items() if not k.endswith("model")}
    event = {"name": "gen_ai.client.inference.operation.details", "trace": 0xA1}
    return [
        {**event, **told, **tokens, "span": 2, "at": 2},
        span(2, told | usage(900), parent=1, at=1),
        span(1, told | AGENT | {"gen_ai.agent.name": "main"}, seconds=60),
    ]


def alike() -> list[Record]:
    """Three calls at once, of as many tokens; and one trace that nothing names."""
    said = {"session.id": "chat-1"}
    calls = [span(number, said | usage(900), at=1) for number in (2, 3, 4)]
    unnamed = [span(n, usage(n), at=n, trace=0xB2) for n in (7, 8)]
    return [*calls, *unnamed]


def claude_code() -> list[Record]:
    """Log events of requests, the window emptied between them."""
    event = {"session.id": "chat-1", "model": "claude-sonnet-4-5"}
    request = event | {"name": "claude_code.api_request", "output_tokens": 30}
    cached = {"cache_read_tokens": 150_000, "cache_creation_tokens": 0}
    return [
        {**request, **cached, "input_tokens": 900, "request_id": "r1", "at": 1},
        {**request, **cached, "input_tokens": 1900, "request_id": "r2", "at": 9},
        {**request, "input_tokens": 30_000, "request_id": "r3", "at": 19},
        {**request, "input_tokens": 31_000, "request_id": "r4", "at": 29},
    ]


def helpers() -> list[Record]:
    """A small model is asked for a title and a topic beside the agent's own requests;
    then the conversation goes on with it.
    """
    small = {"gen_ai.request.model": "claude-haiku-4-5"}
    small |= {"gen_ai.response.model": "claude-haiku-4-5"}
    said = {"session.id": "chat-1"}
    used = {1: 50_000, 3: 900, 5: 51_000, 7: 300, 9: 310, 11: 52_000, 13: 800}
    helping = (3, 7, 9, 13)
    return [
        span(at, said | usage(n) | (small if at in helping else {}), at=at)
        for at, n in used.items()
    ] + [span(at, said | usage(1_000 + at) | small, at=at) for at in (15, 17)]


CAPTURES = {
    made.__name__: made()
    for made in (
        strands,
        agno,
        unsent_parent,
        totals,
        nested_in_a_tool,
        adk,
        alike,
        claude_code,
        helpers,
    )
}
