"""Builds the REST contract's usage reports, on the sender's thread."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypedDict

from tracker.client.reporting.answers import get
from tracker.client.reporting.event_ids import make_event_id
from tracker.client.sessions import current_session

log = logging.getLogger("token_budget")


class About(TypedDict, total=False):
    """What a caller may say of a report besides its numbers, as the contract has it.

    `at` is aware, or ISO 8601; without it the report is of now. `tokens` are the
    caller's own counts by part: system, history, user_context, tools.
    """

    session: str | None
    title: str | None
    event_id: str | None
    at: datetime | str | None
    model: str | None
    message_count: int | None
    window_tokens: int | None
    lane: str | None
    tokens: Mapping[str, int] | None
    metadata: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Request:
    """What was sent to the model, kept until the sender's thread estimates its parts.

    Only token counts of it ever leave the process.
    """

    messages: Sequence[Any] = ()
    system: Any = None
    tools: Any = None
    model: str = ""


def stamped(about: About, default_session: str) -> dict[str, Any]:
    """`about` with what only this moment knows: session, time, and an id."""
    body = {key: value for key, value in about.items() if value is not None}
    body.setdefault("session", current_session() or default_session)
    at = body.get("at") or datetime.now(UTC)
    body["at"] = at.isoformat() if isinstance(at, datetime) else at
    return body


def with_event_id(body: dict[str, Any], response_id: str = "") -> dict[str, Any]:
    """The provider's id of the answer, so that the same call told by another way
    (traces, a proxy's log) is known again; else one made here."""
    body.setdefault("event_id", response_id[:255] or make_event_id())
    return body


def with_parts(body: dict[str, Any], request: Request | None) -> dict[str, Any]:
    """Estimates of the parts, where the request is known and the caller said none."""
    if request is None:
        return body
    if request.messages:
        body.setdefault("message_count", _message_count(request.messages))
    if not body.get("model") and request.model:
        body["model"] = request.model
    if "tokens" not in body and (parts := _estimate(request)):
        body["tokens"] = parts
    return body


def _message_count(messages: Sequence[Any]) -> int:
    return sum(get(message, "role") != "system" for message in messages)


def _estimate(request: Request) -> dict[str, int]:
    # Imported here: counting brings vocabularies along that a caller need not load.
    from tracker.domain.counting.counters import EstimatedCounter, count_conversation

    try:
        parts = count_conversation(
            request.messages,
            system=request.system,
            tools=request.tools,
            model=request.model,
            counter=EstimatedCounter(),
        )
    except Exception as error:  # the usage counts, also where its parts are odd
        log.debug("parts were not estimated: %r", error)
        return {}
    return {"system": parts.system, "history": parts.history, "tools": parts.tools}
