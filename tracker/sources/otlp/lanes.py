"""Which lane a request of Claude Code belongs to: the main one, or a sub-agent's."""

from __future__ import annotations

from tracker.domain.lanes import agent_lane
from tracker.domain.reports import MAIN_LANE
from tracker.sources.otlp.records import Attributes
from tracker.sources.session_keys import without_controls

_MAIN_SOURCES = ("repl_main_thread", "sdk", "main")


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
