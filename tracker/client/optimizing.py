"""Asks the server which messages to send; on any failure, those the caller has."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict
from urllib.parse import quote

from tracker.client.config import Config
from tracker.client.json_bodies import to_json
from tracker.client.sending.transport import CONNECT_SECONDS

OPTIMIZE_SECONDS = 60.0
_ANSWERED = (200, 201)  # a repeat or a dry run; a new compression


@dataclass(frozen=True, slots=True)
class Optimized:
    """The messages to send to the model.

    - `messages`: the server's; where `is_compressed` is False, the caller's own.
    - `error`: why the server gave none, like `"the server answered 401 unknown key"`;
      "" if it answered.
    - `warnings`: what the server warns of, like `"85 % used"`.
    - `answer`: the whole answer, as POST …/optimize gives it (docs/reference.md).
    """

    messages: list[Any]
    is_compressed: bool = False
    error: str = ""
    warnings: list[str] = field(default_factory=list)
    answer: dict[str, Any] = field(default_factory=dict)


class Context(TypedDict, total=False):
    """What `optimize` may be given besides the messages; fields of the REST call."""

    system: str | list[Any] | None
    user_context: str | list[Any] | None
    tools: list[Any] | None
    model: str | None
    force: bool | None
    event_id: str | None


def optimize_request(
    config: Config, session: str, messages: Sequence[Any], context: Mapping[str, Any]
) -> dict[str, Any]:
    """The arguments of `httpx.post`. Raises for what JSON cannot hold."""
    import httpx

    fields = {name: value for name, value in context.items() if value is not None}
    return {
        "url": config.api(f"sessions/{quote(session, safe='')}/optimize"),
        "headers": config.headers,
        "content": to_json({"messages": list(messages), **fields}),
        "timeout": httpx.Timeout(OPTIMIZE_SECONDS, connect=CONNECT_SECONDS),
    }


def read_optimized(messages: Sequence[Any], status: int, content: bytes) -> Optimized:
    """The server's answer; `messages` unchanged if it gave none."""
    try:
        answer = json.loads(content)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        return unchanged(messages, f"the server answered {status} without JSON")
    if status not in _ANSWERED or not isinstance(answer.get("messages"), list):
        error = answer.get("error")
        message = error.get("message") if isinstance(error, dict) else ""
        return unchanged(messages, f"the server answered {status} {message}".strip())
    is_compressed = bool(answer.get("compressed"))
    return Optimized(
        messages=answer["messages"] if is_compressed else list(messages),
        is_compressed=is_compressed,
        warnings=[str(warning) for warning in answer.get("warnings") or ()],
        answer=answer,
    )


def unchanged(messages: Sequence[Any], error: str) -> Optimized:
    return Optimized(messages=list(messages), error=error)


def failed(messages: Sequence[Any], error: Exception) -> Optimized:
    """No failure of ours may stop the program: it sends what it has."""
    return unchanged(messages, f"{type(error).__name__}: {error}")
