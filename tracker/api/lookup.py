"""Finds what an address names, within the key's own project; else 404."""

from __future__ import annotations

from tracker.api.endpoint import not_found
from tracker.api.keys.keyring import KeyGrant
from tracker.models import LLMSession


def session_named(grant: KeyGrant, key: str) -> LLMSession | None:
    if "\0" in key:  # PostgreSQL takes no text that holds one
        return None
    return LLMSession.objects.filter(project_id=grant.project_id, key=key).first()


def find_session(grant: KeyGrant, key: str) -> LLMSession:
    """Raises ApiError 404, also for a session of somebody else's project."""
    found = session_named(grant, key)
    if found is None:
        raise not_found(f"session {key!r}")
    return found
