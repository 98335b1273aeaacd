"""What a lane is called: the same for one agent by every way in."""

from __future__ import annotations

_MOST_CHARACTERS = 255  # what the store takes

MAIN_AGENT = "main_agent"  # in a session's metadata: the lane name of its first agent


def agent_lane(agent_id: str) -> str:
    """The lane of a sub-agent: `agent-` and the id its client gives it.

    The id, not the name: five `Explore` agents side by side have five windows. What
    an agent is called (type, nickname, task) is metadata of its samples. Claude Code's
    agent `a0dd232e` is `agent-a0dd232e`, whether its file or its telemetry tells of
    it; a Codex sub-agent goes by its thread's id. An id that begins with `agent-`
    already is kept as it is.
    """
    name = agent_id if agent_id.startswith("agent-") else f"agent-{agent_id}"
    return name[:_MOST_CHARACTERS]
