"""Which lane a call belongs to: the main agent's, a sub-agent's, or a helper's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tracker.domain import lanes
from tracker.domain.lanes import agent_lane
from tracker.domain.reports import MAIN_LANE
from tracker.sources.otlp import names
from tracker.sources.otlp.wire.records import Attributes, Span
from tracker.sources.session_keys import without_controls

_MAIN_SOURCES = ("repl_main_thread", "sdk", "main")
_OPENAI_AGENTS = "openinference.instrumentation.openai_agents"
SUB_AGENT = "sub-agent"  # Copilot's word for an agent that is not the main one


@dataclass(frozen=True, slots=True)
class Lane:
    """`name` is certain if an agent works inside another one. Else it is `main`, and
    `agent` is the lane that the agent gets if it is not the session's first: the first
    one keeps the main lane. `title` is the agent's name.
    """

    name: str = MAIN_LANE
    agent: str = ""
    title: str = ""


def span_lane(span: Span, lineage: Iterable[Span]) -> Lane:
    """The nearest agent's lane if that agent is inside another one, or is the tool of
    one. `lineage` is the span and its ancestors, as far as they are known.

    `chat` in `invoke_agent helper` in `execute_tool ask` in `invoke_agent main` is on
    the lane `helper`; `chat` in `invoke_agent main` alone is on `main`.
    """
    attributes = span.attributes
    if lane := qwen_lane(attributes):
        return Lane(lane)
    nearest: tuple[str, str] | None = None
    is_called = False
    for at in lineage:
        is_called = is_called or (nearest is not None and is_tool(at))
        if at is not span and not _is_agent(at):
            continue
        found = _agent(at)
        if nearest is None:
            nearest = found if _says_agent(at, found) else None
        elif is_called or found[0] != nearest[0]:
            return Lane(nearest[0] or SUB_AGENT, title=nearest[1])
    if nearest is None:
        is_sub_agent = attributes.get(names.COPILOT_INITIATOR) == SUB_AGENT
        return Lane(SUB_AGENT if is_sub_agent else MAIN_LANE)
    if is_called or attributes.get(names.COPILOT_INITIATOR) == SUB_AGENT:
        return Lane(nearest[0] or SUB_AGENT, title=nearest[1])
    return Lane(agent=nearest[0], title=nearest[1])


def _says_agent(span: Span, found: tuple[str, str]) -> bool:
    """A call may name its agent itself; an agent's span is one even without a name."""
    return bool(found[0]) or _is_agent(span)


def _is_agent(span: Span) -> bool:
    attributes = span.attributes
    if attributes.get(names.OPERATION) == "invoke_agent":
        return True
    kind = attributes.get(names.OPENINFERENCE_KIND)
    if not isinstance(kind, str) or kind.upper() != "AGENT":
        return False
    # The workflow around the agents has their kind, and no parent.
    return bool(span.parent_id) or span.scope != _OPENAI_AGENTS


def is_tool(span: Span) -> bool:
    """Whether an agent calls a tool here; an agent inside it is that tool."""
    kind = span.attributes.get(names.OPENINFERENCE_KIND)
    is_named_so = isinstance(kind, str) and kind.upper() == "TOOL"
    return is_named_so or span.attributes.get(names.OPERATION) == "execute_tool"


def span_agent(span: Span) -> str | None:
    """The lane of the agent that this span is; None for no agent, "" for an unnamed."""
    return _agent(span)[0] if _is_agent(span) else None


def _agent(span: Span) -> tuple[str, str]:
    """The lane of the agent that a span names, and its name; "" for none."""
    attributes = span.attributes
    told = (attributes.get(name) for name in names.AGENT_NAME)
    name = next((v for v in told if isinstance(v, str) and v), "")
    if not name and attributes.get(names.OPENINFERENCE_KIND) and _is_agent(span):
        name = span.name
    name = without_controls(name.strip('"'))[:255]
    agent_id = attributes.get(names.AGENT_ID)
    if isinstance(agent_id, str) and (agent_id := without_controls(agent_id)):
        return agent_lane(agent_id), name
    return name, name


def qwen_lane(attributes: Attributes) -> str:
    """A sub-agent of Qwen Code, or a request beside the conversation; "" for none."""
    name = attributes.get("subagent_name")
    prompt = attributes.get("prompt_id") or attributes.get("qwen-code.prompt_id")
    told = [without_controls(v) if isinstance(v, str) else "" for v in (name, prompt)]
    return lanes.qwen_lane(*told)


def claude_lane(attributes: Attributes) -> str:
    """`main`, a sub-agent's lane, or the helper that asked (`compact`, a title maker).

    Helpers have a window of their own: counted on the main lane they would make its
    gauge jump. Documented sources are `repl_main_thread` (with a style after a colon),
    `sdk`, `agent:builtin:Explore`, `compact` and other free words.
    """
    agent_id, name = attributes.get("agent_id"), attributes.get("agent.name")
    if isinstance(agent_id, str) and (agent_id := without_controls(agent_id)):
        return agent_lane(agent_id)
    if isinstance(name, str) and (lane := without_controls(name)[:255]):
        return lane
    source = attributes.get("query_source") or attributes.get("query_source_safe")
    if not isinstance(source, str) or not source:
        return MAIN_LANE
    words = without_controls(source).replace(".", ":").split(":")
    if words[0] in _MAIN_SOURCES:
        return MAIN_LANE
    return words[-1][:255] or MAIN_LANE
