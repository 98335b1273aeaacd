"""Which program made a session's requests, as people call it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracker.sources.transcripts.agents.registry import CLIENTS as AGENTS
from tracker.sources.user_agents import PROGRAM

# What metadata says of it, the surest first: its own word, the instrumentation's, and
# what calls through the gateway say in their User-Agent.
KEYS = ("client", "scope", PROGRAM)
# Of ways in that serve one program alone. Others say it in the session's metadata.
CLIENTS = {
    "claude_code": "Claude Code", "codex": "Codex", "litellm": "LiteLLM",
    **{client.name: client.label for client in AGENTS},
}  # fmt: skip


def client_of(origin: str, metadata: Mapping[str, Any] | None) -> str:
    """`"Claude Code"`; "" where nothing says it."""
    known = metadata if isinstance(metadata, dict) else {}
    told = (str(known[key]) for key in KEYS if known.get(key))
    return CLIENTS.get(origin) or next(told, "")
