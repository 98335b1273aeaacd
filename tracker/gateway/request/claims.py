"""The ids by which clients name a session in a call's body."""

from __future__ import annotations

import msgspec
from msgspec import Raw


def claimed_ids(
    *,
    prompt_cache_key: Raw,
    previous_response_id: Raw,
    conversation: Raw,
    metadata: Raw,
) -> dict[str, str]:
    """Ids by the name of their field. Values that are not strings are ignored."""
    claimed = {
        "prompt_cache_key": _text(prompt_cache_key),
        "previous_response_id": _text(previous_response_id),
        "conversation": _text(conversation) or _inner(conversation, "id"),
        "user_id": _session_in(_inner(metadata, "user_id")),
    }
    return {name: value for name, value in claimed.items() if value}


def _text(raw: Raw) -> str:
    value = msgspec.json.decode(raw) if bytes(raw)[:1] == b'"' else ""
    return str(value)


def _inner(raw: Raw, name: str) -> str:
    if bytes(raw)[:1] != b"{":
        return ""
    value = msgspec.json.decode(raw).get(name)
    return value if isinstance(value, str) else ""


def _session_in(user_id: str) -> str:
    """Claude Code's session in `metadata.user_id`: JSON text that has `session_id`, or
    `user_…_account_…_session_{uuid}`.
    """
    if user_id.startswith("{"):
        try:
            value = msgspec.json.decode(user_id).get("session_id")
        except msgspec.DecodeError:
            return ""
        return value if isinstance(value, str) else ""
    head, mark, session = user_id.rpartition("_session_")
    return session if mark and head else ""
