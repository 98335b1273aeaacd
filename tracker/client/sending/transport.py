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
_LONGEST_WAIT = 3_600.0  # whatever a proxy asks for: "1e99" is no time to wait


@dataclass(frozen=True, slots=True)
class Outcome:
    """`is_later`: try the same again, not before `after_seconds` if it says so.

    `is_too_large`: send it in smaller pieces. `again`: places of the reports on which
    the server failed or that it did not try; `is_failed`: none was stored, and that
    holds for all. Else the server has answered for good, be it with thanks or with a
    reason in `message`.
    """

    message: str = ""
    is_later: bool = False
    is_too_large: bool = False
    after_seconds: float | None = None
    again: tuple[int, ...] = ()
    is_failed: bool = False


class Transport:
    """Sends bodies to POST /usage over one kept connection. For one thread alone."""

    def __init__(self, config: Config) -> None:
        # Here, on the thread that makes the client: an SDK that looked at httpx while
        # another thread was still importing it would find half of it.
        import httpx  # noqa: F401  # to have it loaded

        self._config = config
        self._http: httpx.Client | None = None

    def send(self, body: bytes) -> Outcome:
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
        return _of_batch(_data(content).get("rejected"))
    message = f"{status} {_error_message(content)}".strip()
    if status == 413:
        return Outcome(message, is_too_large=True)
    if status == 503 and _error(content).get("code") == "failed":
        after = _retry_after(headers)
        return Outcome(message, after_seconds=after, is_failed=True)
    if status in _LATER or status >= 500:
        return Outcome(message, is_later=True, after_seconds=_retry_after(headers))
    return Outcome(message)


def _retry_after(headers: Any) -> float | None:
    try:
        seconds = float(headers.get("Retry-After", ""))
    except ValueError:
        return None
    return min(max(0.0, seconds), _LONGEST_WAIT)


def _data(content: bytes) -> dict[str, Any]:
    try:
        data = json.loads(content)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def _of_batch(rejected: Any) -> Outcome:
    """What a batch's answer says of the reports it did not take."""
    entries = [each for each in _list(rejected) if isinstance(each, dict)]
    again = [each.get("index") for each in entries if each.get("status") == 503]
    final = [each for each in entries if each.get("status") != 503]
    message = ""
    if final:
        message = f"{len(final)} rejected, the first: {json.dumps(final[0])[:300]}"
    return Outcome(message, again=tuple(n for n in again if isinstance(n, int)))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _error(content: bytes) -> dict[str, Any]:
    error = _data(content).get("error")
    return error if isinstance(error, dict) else {}


def _error_message(content: bytes) -> str:
    error = _error(content)
    field, message = error.get("field"), error.get("message")
    return f"{field}: {message}" if field else str(message or "")
