"""What an answer of the server means for the reports that were sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from time import time
from typing import Any, Literal

Kind = Literal["settled", "failed", "split", "refused", "later"]

# The server, or a proxy before it, has no time or no server at hand: any request
# would get this answer.
_BUSY = frozenset((408, 425, 429, 502, 503, 504))
_LONGEST_WAIT = 3_600.0  # seconds; a proxy once asked for 1e99
_REASON_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Receipt:
    """The result of one request. `kind` is one of:

    - `settled`: every report is stored, except `refused` (index -> why) and `again`
      (indexes to send once more).
    - `failed`: the server failed on every report; send these again, others go on.
    - `split`: the server takes no such request. Send halves; a single report that
      gets this is refused.
    - `refused`: no server can be asked with this address or key.
    - `later`: nothing is known to be stored. Send the same once more.

    `after_seconds` is how long the server asks to wait; None if it does not say.
    `may_be_poison`: the answer may be due to these reports (a firewall that dislikes
    a text, a crash), so another batch may pass.
    """

    kind: Kind
    reason: str = ""
    after_seconds: float | None = None
    refused: Mapping[int, str] = field(default_factory=dict)
    again: tuple[int, ...] = ()
    may_be_poison: bool = False


def read_receipt(
    status: int, content: bytes, headers: Mapping[str, str], *, count: int
) -> Receipt:
    """The answer to a POST of `count` reports. `headers` ignores case.

    Reports count as stored only where the answer says so in the server's own form. A
    proxy's login page with status 200 is no receipt: the reports wait.
    """
    answer = _object(content)
    if status in (200, 422) and _is_batch_answer(answer, count):
        return _settled(answer["rejected"])
    error = answer.get("error")
    is_own = isinstance(error, dict)
    reason = _reason(status, error if isinstance(error, dict) else {}, headers)
    # One report that is not JSON makes the server answer 400 to the whole batch.
    if status == 413 or (is_own and status in (400, 422)):
        return Receipt("split", reason)
    after = _retry_after(headers.get("Retry-After", ""))
    if is_own and status == 503 and answer["error"].get("code") == "failed":
        return Receipt("failed", reason, after)
    may_be_poison = not is_own and status not in _BUSY
    return Receipt("later", reason, after, may_be_poison=may_be_poison)


def _object(content: bytes) -> dict[str, Any]:
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _is_batch_answer(answer: Mapping[str, Any], count: int) -> bool:
    """Whether the answer accounts for each of `count` reports."""
    accepted, duplicates = answer.get("accepted"), answer.get("duplicates")
    rejected = answer.get("rejected")
    return (
        isinstance(accepted, int)
        and isinstance(duplicates, int)
        and isinstance(rejected, list)
        and accepted + duplicates + len(rejected) == count
        and all(_is_rejection(each, count) for each in rejected)
    )


def _is_rejection(entry: Any, count: int) -> bool:
    index = entry.get("index") if isinstance(entry, dict) else None
    return isinstance(index, int) and 0 <= index < count


def _settled(rejected: list[dict[str, Any]]) -> Receipt:
    """A report rejected with 503 is sent again; any other status is final."""
    again = tuple(each["index"] for each in rejected if each.get("status") == 503)
    refused = {
        each["index"]: _rule(
            each.get("status", 422), each.get("field"), each.get("error")
        )
        for each in rejected
        if each.get("status") != 503
    }
    return Receipt("settled", refused=refused, again=again)


def _rule(status: Any, name: Any, message: Any) -> str:
    """As "422 tokens.system: must be 0 or more"."""
    text = f"{name}: {message}" if name else str(message or "")
    return f"{status} {text}".strip()[:_REASON_CHARACTERS]


def _reason(status: int, error: dict[str, Any], headers: Mapping[str, str]) -> str:
    if error:
        return _rule(status, error.get("field"), error.get("message"))
    if 300 <= status < 400:
        # Without its query, which may hold a login token.
        target = headers.get("Location", "").partition("?")[0] or "another address"
        return f"{status} redirect to {target}: set the server's own address as the URL"
    if status < 300:
        return f"{status} without a receipt: this is no Token Budget server's answer"
    return f"{status} from something other than a Token Budget server"


def _retry_after(value: str) -> float | None:
    """Seconds, from seconds or an HTTP date; None where it is neither."""
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time()
        except ValueError:
            return None
    return min(max(0.0, seconds), _LONGEST_WAIT)
