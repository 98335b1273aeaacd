"""What tells sessions of one title apart: repository, branch, client."""

from __future__ import annotations

from tracker.domain.conversation.visible_text import visible
from tracker.models import LLMSession
from tracker.sources.transcripts.agents.registry import CLIENTS as AGENTS

CLIENTS = {
    "claude_code": "Claude Code",
    "codex": "Codex",
    "litellm": "LiteLLM",
    **{client.name: client.label for client in AGENTS},
}
LONGEST = 60


def whereabouts(session: LLMSession) -> tuple[str, ...]:
    """`("billing-api", "fix/webhook-dup", "Claude Code")`: of these, what is known."""
    known = session.metadata if isinstance(session.metadata, dict) else {}
    client = CLIENTS.get(session.origin) or known.get("client") or known.get("scope")
    found = (known.get("repository"), known.get("branch"), client)
    return tuple(visible(str(part)[:LONGEST]) for part in found if part)
