"""Repository, branch and client: they tell sessions with the same title apart."""

from __future__ import annotations

from tracker.domain.conversation.text.visible_text import visible
from tracker.models import LLMSession
from tracker.reading.sessions.clients import CLIENTS, client_of

__all__ = ["CLIENTS", "LONGEST", "whereabouts"]

LONGEST = 60


def whereabouts(session: LLMSession) -> tuple[str, ...]:
    """Those that are known of `("billing-api", "fix/webhook-dup", "Claude Code")`."""
    known = session.metadata if isinstance(session.metadata, dict) else {}
    client = client_of(session.origin, known)
    found = (known.get("repository"), known.get("branch"), client)
    return tuple(visible(str(part)[:LONGEST]) for part in found if part)
