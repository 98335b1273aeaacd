"""Which program made a session's requests, as people call it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracker.sources.transcripts.agents.registry import CLIENTS as AGENTS

# Of ways in that serve one program alone. Others say it in the session's metadata.
CLIENTS = {
    "claude_code": "Claude Code", "codex": "Codex", "litellm": "LiteLLM",
    **{client.name: client.label for client in AGENTS},
}  # fmt: skip


def client_of(origin: str, metadata: Mapping[str, Any] | None) -> str:
    """`"Claude Code"`; "" where nothing says it."""
    known = metadata if isinstance(metadata, dict) else {}
    return CLIENTS.get(origin) or str(known.get("client") or known.get("scope") or "")
