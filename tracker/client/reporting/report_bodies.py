"""Builds usage reports as POST /api/v1/usage takes them."""

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
    """What a caller may say of a report besides its usage. None means not said.

    - `session`, `title`, `lane`, `model`: texts.
    - `event_id`: the server stores a report with a known one only once.
    - `at`: a datetime with time zone, or ISO 8601; now if not said.
    - `message_count`: messages in the window, without the system prompt.
    - `window_tokens`: size of the model's context window.
    - `tokens`: the caller's own counts of the parts `system`, `history`,
      `user_context` and `tools`.
    - `metadata`: up to 8 KiB as JSON.
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
    """What was sent to the model, held until the sender's thread has counted it.

    Only its token counts leave the process, never its text.
    """

    messages: Sequence[Any] = ()
    system: Any = None
    tools: Any = None
    model: str = ""


def stamped(about: About, default_session: str) -> dict[str, Any]:
    """`about` with its session and time. The caller's thread must add these: the
    sender's thread runs later and outside of `with session(…)`.
    """
    body = {key: value for key, value in about.items() if value is not None}
    body.setdefault("session", current_session() or default_session)
    at = body.get("at") or datetime.now(UTC)
    body["at"] = at.isoformat() if isinstance(at, datetime) else at
    return body


def with_event_id(body: dict[str, Any], response_id: str = "") -> dict[str, Any]:
    """`body` with an id: its own, or the provider's for the answer, or a new one.

    By the provider's id the server knows the same call again when a trace or a
    proxy's log reports it too.
    """
    body.setdefault("event_id", response_id[:255] or make_event_id())
    return body


def with_parts(body: dict[str, Any], request: Request | None) -> dict[str, Any]:
    """`body` with the request's model and message count and with estimates of its
    parts, each only if the caller did not give it.
    """
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
    """Tokens of `system`, `history` and `tools`; {} if they cannot be estimated."""
    # Imported here: counting loads vocabularies, which a program that sends its own
    # numbers does not need.
    from tracker.domain.counting.counters import EstimatedCounter, count_conversation

    try:
        parts = count_conversation(
            request.messages,
            system=request.system,
            tools=request.tools,
            model=request.model,
            counter=EstimatedCounter(),
        )
    except Exception as error:  # noqa: BLE001 - the usage is worth reporting without its parts too.
        log.debug("parts were not estimated: %r", error)
        return {}
    return {"system": parts.system, "history": parts.history, "tools": parts.tools}
