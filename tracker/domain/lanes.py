"""What a lane is called: the same for one agent by every way in."""

from __future__ import annotations

_MOST_CHARACTERS = 255  # what the store takes

MAIN_AGENT = "main_agent"  # in a session's metadata: the lane name of its first agent


QWEN_HELPERS = "managed-"  # the names of agents that Qwen Code runs for itself
QWEN_SUMMARY = "compress-"  # begins the prompt id of the request for a summary
QWEN_ASIDE = "standalone"  # its word for a request beside the conversation


def qwen_lane(name: str, prompt_id: str) -> str:
    """The lane of a request of Qwen Code's; "" for the conversation's own.

    Prompt ids are `SESSION########0` in the conversation and `SESSION#AGENT-ID#0`
    beside it. `general-purpose` with `s#general-purpose-call_255#0` is the sub-agent of
    the file `agent-general-purpose-call_255.jsonl`, so its lane is `agent-` and that.
    `managed-auto-memory-extractor` runs after each turn with another id: one lane.
    """
    agent_id = prompt_id.split("#")[1] if "#" in prompt_id else ""
    if not agent_id:
        return name[:_MOST_CHARACTERS]
    if name and not name.startswith(QWEN_HELPERS) and agent_id.startswith(name):
        return agent_lane(agent_id)
    return name[:_MOST_CHARACTERS] or QWEN_ASIDE


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
