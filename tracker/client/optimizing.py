"""Asks the server which messages to send; on any failure, those that are here."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict
from urllib.parse import quote

from tracker.client.config import Config
from tracker.client.json_bodies import to_json
from tracker.client.known_cuts import KnownCuts
from tracker.client.sending.transport import CONNECT_SECONDS

OPTIMIZE_SECONDS = 60.0
_ANSWERED = (200, 201)  # a repeat or a dry run; a new compression


@dataclass(frozen=True, slots=True)
class Optimized:
    """The messages to send to the model.

    - `messages`: the server's; where `is_compressed` is False, the caller's own. What
      was compressed before stays so, also where the server gives no answer.
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


class Exchange:
    """One call of `optimize`: send `request()`, give the answer to `read`, and send
    once more where that returns None.

    Only what follows the session's cut is sent. A server that does not know the cut
    (it was restarted, or deleted it) is sent all messages. While there is no answer,
    what was compressed before stays so.
    """

    def __init__(
        self,
        config: Config,
        session: str,
        messages: Sequence[Any],
        context: Mapping[str, Any],
        cuts: KnownCuts,
    ) -> None:
        self._config = config
        self._session = session
        self._messages = list(messages)
        self._context = {n: v for n, v in context.items() if v is not None}
        self._cuts = cuts
        self._known = cuts.of(session, self._messages)

    def request(self) -> dict[str, Any]:
        """The arguments of `httpx.post`. Raises for what JSON cannot hold."""
        import httpx

        body: dict[str, Any] = {"messages": self._messages}
        if self._known is not None:
            rest = self._messages[self._known.count :]
            body = {"messages": rest, "after": self._known.id}
        path = f"sessions/{quote(self._session, safe='')}/optimize"
        return {
            "url": self._config.api(path),
            "headers": self._config.headers,
            "content": to_json(body | self._context),
            "timeout": httpx.Timeout(OPTIMIZE_SECONDS, connect=CONNECT_SECONDS),
        }

    def read(self, status: int, content: bytes) -> Optimized | None:
        """The server's answer, or `failed`'s result where there is none."""
        try:
            answer = json.loads(content)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            return self._without_answer(f"the server answered {status} without JSON")
        if self._known is not None and _is_cut_unknown(status, answer):
            self._known = None
            self._cuts.forget(self._session)
            return None
        if status not in _ANSWERED or not isinstance(answer.get("messages"), list):
            error = answer.get("error")
            message = error.get("message") if isinstance(error, dict) else ""
            return self._without_answer(f"the server answered {status} {message}")
        is_compressed = bool(answer.get("compressed"))
        return Optimized(
            messages=self._to_send(answer) if is_compressed else self._messages,
            is_compressed=is_compressed,
            warnings=[str(warning) for warning in answer.get("warnings") or ()],
            answer=answer,
        )

    def failed(self, error: Exception) -> Optimized:
        """No failure of ours may stop the program: it sends what it has."""
        return self._without_answer(f"{type(error).__name__}: {error}")

    def _without_answer(self, error: str) -> Optimized:
        messages, known = self._messages, self._known
        if known is not None:
            messages = known.in_front_of(messages)
        return Optimized(messages, known is not None, error.strip())

    def _to_send(self, answer: dict[str, Any]) -> list[Any]:
        known = self._known
        if known is not None and answer.get("after") == known.id:
            return known.in_front_of(self._messages)
        if not self._context.get("dry_run"):
            self._cuts.learn(self._session, answer, self._messages)
        return list(answer["messages"])


def _is_cut_unknown(status: int, answer: dict[str, Any]) -> bool:
    error = answer.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return (status, code) == (409, "unknown_cut")


def unchanged(messages: Sequence[Any], error: str) -> Optimized:
    return Optimized(messages=list(messages), error=error)
