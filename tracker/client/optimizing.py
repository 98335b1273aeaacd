"""Asks the server which messages to send; without an answer, those one has."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from tracker.client.config import Config

OPTIMIZE_SECONDS = 60.0
_ANSWERED = (200, 201)  # a repeat or a dry run; a new one


@dataclass(frozen=True, slots=True)
class Optimized:
    """`messages` to send on: the caller's own, unchanged, where `is_compressed` is
    False. `error` says why the server gave none, "" if it answered; `answer` is all
    it said, as the contract has it.
    """

    messages: list[Any]
    is_compressed: bool = False
    error: str = ""
    warnings: list[str] = field(default_factory=list)
    answer: dict[str, Any] = field(default_factory=dict)


def optimize_url(config: Config, session: str) -> str:
    return config.api(f"sessions/{quote(session, safe='')}/optimize")


def optimize_body(messages: Sequence[Any], fields: dict[str, Any]) -> bytes:
    """The request; SDK objects among the messages become plain data."""
    body = {key: value for key, value in fields.items() if value is not None}
    text = json.dumps({"messages": list(messages), **body}, default=_plain)
    return text.encode()


def _plain(value: Any) -> Any:
    dump = getattr(value, "model_dump", None)
    return dump(mode="json", exclude_none=True) if callable(dump) else str(value)


def read_optimized(messages: Sequence[Any], status: int, content: bytes) -> Optimized:
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
