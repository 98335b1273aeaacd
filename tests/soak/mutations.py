"""Good bodies of every way in, and what is done to them to make them bad."""

from __future__ import annotations

import copy
import gzip
import json
import random
from typing import Any

NOW = "2026-11-22T10:00:00Z"
USAGE = {
    "session": "fuzz", "title": "Fuzz", "event_id": "e", "at": NOW, "model": "gpt-4o",
    "message_count": 3, "window_tokens": 200_000, "lane": "main",
    "tokens": {"system": 1, "history": 2, "user_context": 3, "tools": 4},
    "metadata": {"team": "search"},
}  # fmt: skip
PROVIDER = {
    "session": "fuzz",
    "model": "claude-sonnet-4-5",
    "usage": {"input_tokens": 5, "cache_read_input_tokens": 4, "output_tokens": 3},
}
MESSAGES = [
    {"role": "user", "content": "read /etc/hosts and call ls -l"},
    {
        "role": "assistant",
        "content": [{"type": "tool_use", "id": "t", "name": "ls", "input": {"a": 1}}],
    },
    {
        "role": "user",
        "content": [{"type": "tool_result", "tool_use_id": "t", "content": "ok"}],
    },
]
COUNTED = {"session": "fuzz", "messages": MESSAGES, "system": "s", "user_context": "u"}
OPTIMIZE = {"messages": MESSAGES * 9, "system": "s", "model": "gpt-4o", "force": True}
COMPRESSION = {
    "before": MESSAGES, "after": MESSAGES[:1], "summary": "s", "trigger": "auto",
    "target_tokens": 5, "strategy": "x", "at": NOW,
}  # fmt: skip


def _attribute(key: str, **value: Any) -> dict[str, Any]:
    return {"key": key, "value": value}


SPAN = {
    "traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174",
    "name": "chat", "startTimeUnixNano": "1763805600000000000",
    "endTimeUnixNano": "1763805601000000000",
    "attributes": [
        _attribute("gen_ai.operation.name", stringValue="chat"),
        _attribute("gen_ai.request.model", stringValue="gpt-4o"),
        _attribute("gen_ai.usage.input_tokens", intValue="500"),
        _attribute("gen_ai.usage.output_tokens", intValue="20"),
        _attribute("gen_ai.conversation.id", stringValue="fuzz"),
    ],
}  # fmt: skip
TRACES = {"resourceSpans": [{"resource": {}, "scopeSpans": [{"spans": [SPAN]}]}]}
RECORD = {
    "timeUnixNano": "1763805600000000000", "body": {"stringValue": "api_request"},
    "attributes": [
        _attribute("event.name", stringValue="claude_code.api_request"),
        _attribute("session.id", stringValue="fuzz"),
        _attribute("input_tokens", intValue="500"),
        _attribute("model", stringValue="claude-sonnet-4-5"),
    ],
}  # fmt: skip
LOGS = {"resourceLogs": [{"resource": {}, "scopeLogs": [{"logRecords": [RECORD]}]}]}
LITELLM = {
    "id": "c1", "call_type": "acompletion", "status": "success", "model": "gpt-4o",
    "startTime": 1763805600.0, "endTime": 1763805601.0, "prompt_tokens": 500,
    "completion_tokens": 20, "total_tokens": 520, "trace_id": "fuzz",
    "metadata": {"user_api_key_alias": "x"}, "messages": MESSAGES,
}  # fmt: skip

WAYS_IN: tuple[tuple[str, Any], ...] = (
    ("/api/v1/usage", USAGE),
    ("/api/v1/usage", PROVIDER),
    ("/api/v1/usage", COUNTED),
    ("/api/v1/usage", [USAGE, PROVIDER, COUNTED]),
    ("/api/v1/sessions/fuzz/optimize", OPTIMIZE),
    ("/api/v1/sessions/fuzz/compressions", COMPRESSION),
    ("/api/v1/compressions/1/review", {"review": "accepted", "note": "n"}),
    ("/api/v1/sources/litellm", LITELLM),
    ("/api/v1/sources/litellm", [LITELLM]),
    ("/v1/traces", TRACES),
    ("/v1/logs", LOGS),
    ("/api/public/otel/v1/traces", TRACES),
)
HOSTILE: tuple[Any, ...] = (
    None, True, 0, -1, 1, 2**31, 2**53, 2**63, 2**64, 10**12, 10**13, 10**400,
    -(10**30), 0.5, -0.0, 1e308, 1e-320, "", " ", "0", "-5", "NaN", "Infinity",
    "x" * 300, "y" * 70_000, "\0", "\x1b[31m", "\u202eabc", "\u200b", "é", "😀" * 50,
    "{{7*7}}", "<script>alert(1)</script>", "'; DROP TABLE tracker_project; --",
    "../../etc/passwd", "2026-11-22T10:00:00Z", "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00Z", "2026-11-22T10:00:00", [], {}, [[]], [None], {"": ""},
    {"a": {"b": [1, {}]}},
)  # fmt: skip


def mutated(good: Any, dice: random.Random) -> tuple[bytes, dict[str, str]]:
    """A body and its headers: mostly JSON with one to four things wrong."""
    value = json.loads(json.dumps(good))
    for _ in range(dice.choice((0, 1, 1, 1, 2, 4))):
        value = _change(value, dice)
    body = json.dumps(value, ensure_ascii=dice.random() < 0.5).encode("utf-8")
    headers = {"Content-Type": "application/json"}
    roll = dice.random()
    if roll < 0.08:
        body = _break(body, dice)
    elif roll < 0.11:
        body, headers["Content-Encoding"] = gzip.compress(body), "gzip"
    elif roll < 0.13:
        headers["Content-Type"] = dice.choice(
            ("application/x-ndjson", "application/x-protobuf", "text/plain", "")
        )
    return body, headers


def _places(value: Any) -> list[tuple[Any, Any]]:
    """(container, key) of every value inside."""
    found = []
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, inner in items:
        found.append((value, key))
        found += _places(inner)
    return found


def _change(value: Any, dice: random.Random) -> Any:
    places = _places(value)
    if not places or dice.random() < 0.03:
        return copy.deepcopy(dice.choice(HOSTILE))
    holder, key = dice.choice(places)
    kind = dice.random()
    if kind < 0.55:
        holder[key] = copy.deepcopy(dice.choice(HOSTILE))
    elif kind < 0.7:
        del holder[key]
    elif kind < 0.8 and isinstance(holder, dict):
        holder[str(dice.choice(HOSTILE))] = holder[key]
    elif kind < 0.9 and isinstance(holder, list):
        holder.extend([holder[key]] * dice.choice((1, 5, 50)))
    else:
        deep: Any = holder[key]
        for _ in range(dice.choice((2, 40, 150))):
            deep = [deep] if dice.random() < 0.5 else {"x": deep}
        holder[key] = deep
    return value


def _break(body: bytes, dice: random.Random) -> bytes:
    kind = dice.randrange(6)
    at = dice.randrange(len(body) + 1)
    if kind == 0:
        return body[:at]
    if kind == 1:
        return body[:at] + bytes([dice.randrange(256)]) + body[at + 1 :]
    if kind == 2:
        return dice.randbytes(at % 500)
    if kind == 3:
        return b"[" * 100_000
    if kind == 4:
        return body[:at] + b"\xff\xfe" + body[at:]
    return body.replace(b":", b":NaN,", 1)
