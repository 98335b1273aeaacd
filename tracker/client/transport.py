"""One POST to the server, and what its answer means for the reports sent."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tracker.client.config import Config

if TYPE_CHECKING:
    import httpx

log = logging.getLogger("token_budget")

CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 10.0
_LATER = frozenset((408, 425, 429))  # and every 5xx


@dataclass(frozen=True, slots=True)
class Outcome:
    """`is_later`: try the same again, not before `after_seconds` if it says so.

    `is_too_large`: send it in smaller pieces. Neither: the server has answered for
    good, be it with thanks or with a reason in `message`.
    """

    message: str = ""
    is_later: bool = False
    is_too_large: bool = False
    after_seconds: float | None = None


class Transport:
    """Sends bodies to POST /usage over one kept connection. For one thread alone."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._http: httpx.Client | None = None

    def send(self, body: bytes) -> Outcome:
        # Imported here: a program should not wait for it, this thread may.
        import httpx

        if self._http is None:
            timeout = httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS)
            self._http = httpx.Client(headers=self._config.headers, timeout=timeout)
        try:
            answer = self._http.post(self._config.api("usage"), content=body)
        except (httpx.UnsupportedProtocol, httpx.InvalidURL, ValueError) as error:
            return Outcome(f"{self._config.url!r} cannot be sent to: {error}")
        except httpx.TransportError as error:
            return Outcome(str(error) or type(error).__name__, is_later=True)
        return outcome_of(answer.status_code, answer.content, answer.headers)

    def close(self) -> None:
        if self._http is not None:
            self._http.close()
            self._http = None


def outcome_of(status: int, content: bytes, headers: Any) -> Outcome:
    if 200 <= status < 300:
        return Outcome(_rejections(content))
    message = f"{status} {_error_message(content)}".strip()
    if status == 413:
        return Outcome(message, is_too_large=True)
    if status in _LATER or status >= 500:
        return Outcome(message, is_later=True, after_seconds=_retry_after(headers))
    return Outcome(message)


def _retry_after(headers: Any) -> float | None:
    try:
        return max(0.0, float(headers.get("Retry-After", "")))
    except ValueError:
        return None


def _data(content: bytes) -> dict[str, Any]:
    try:
        data = json.loads(content)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def _rejections(content: bytes) -> str:
    """What a batch's answer says of the reports it did not take; "" if it took all."""
    rejected = _data(content).get("rejected")
    if not isinstance(rejected, list) or not rejected:
        return ""
    return f"{len(rejected)} rejected, the first: {json.dumps(rejected[0])[:300]}"


def _error_message(content: bytes) -> str:
    error = _data(content).get("error")
    if not isinstance(error, dict):
        return ""
    field, message = error.get("field"), error.get("message")
    return f"{field}: {message}" if field else str(message or "")
