"""Claude Code's PostCompact hook: makes a compression out of it and the transcript.

The hook carries the summary but no token counts. The transcript has them: in the last
request before the compaction, and in the boundary line, which Claude Code writes a
moment after it runs the hook.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tracker.client.reporting.answers import occupancy

WAIT_SECONDS = 5.0
_POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Seen:
    """What a transcript says of the main lane, without sub-agents.

    - `first_tokens`, `before_tokens`: tokens in the window at the first and at the
      last request; 0 without a request. `model` is the last request's.
    - `boundary`: the last `compact_boundary` line; None if there is none.
    - `is_followed`: a request came after it, so it is an earlier compaction's.
    """

    first_tokens: int
    before_tokens: int
    model: str
    boundary: Mapping[str, Any] | None
    is_followed: bool


def read_transcript(path: Path) -> Seen:
    """Read the file once. Lines that are not JSON are skipped. Raises OSError."""
    first = before = 0
    model, boundary, is_followed = "", None, False
    with path.open(encoding="utf-8", errors="replace") as lines:
        for text in lines:
            if '"usage"' not in text and "compact_boundary" not in text:
                continue
            line = _line(text)
            if line.get("isSidechain"):
                continue
            if line.get("subtype") == "compact_boundary":
                boundary, is_followed = line, False
            elif tokens := _occupancy(line):
                first = first or tokens
                before, is_followed = tokens, True
                model = str(line["message"].get("model") or "")
    return Seen(first, before, model, boundary, is_followed)


def compression_body(hook: Mapping[str, Any], seen: Seen) -> dict[str, Any] | None:
    """The body for POST …/compressions; None if the transcript has no request.

    The tokens after the compaction are an estimate: the session's first request (the
    system prompt and tools) plus the summary. With 20,000 tokens in the first request
    and a summary of 100, that is 20,100. The next report corrects it.
    """
    from tracker.domain.counting.counters import estimate_tokens

    if not seen.before_tokens:
        return None
    summary = str(hook.get("compact_summary") or "")
    after = min(seen.before_tokens, seen.first_tokens + estimate_tokens(summary))
    boundary = seen.boundary if not seen.is_followed and seen.boundary else {}
    claimed = boundary.get("compactMetadata")
    claimed = claimed if isinstance(claimed, Mapping) else {}
    names = ("preTokens", "postTokens", "durationMs")
    metadata = {name: claimed[name] for name in names if name in claimed}
    prompt = hook.get("prompt_id") or time.time_ns()
    return {
        "event_id": str(boundary.get("uuid") or f"compaction-{prompt}")[:255],
        "at": boundary.get("timestamp") or datetime.now(UTC).isoformat(),
        "trigger": "manual" if hook.get("trigger") == "manual" else "auto",
        "strategy": "compact",
        "model": seen.model[:200],
        "before_tokens": seen.before_tokens,
        "after_tokens": after,
        "summary": summary,
        "metadata": {"client": "claude-code hook", "after": "estimated", **metadata},
    }


def wait_for_boundary(path: Path, *, seconds: float = WAIT_SECONDS) -> Seen | None:
    """The transcript with its new boundary, or as it is after `seconds`.

    None if it cannot be read.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            seen = read_transcript(path)
        except OSError:
            return None
        is_new = seen.boundary is not None and not seen.is_followed
        if is_new or time.monotonic() >= deadline:
            return seen
        time.sleep(_POLL_SECONDS)


def _line(text: str) -> Mapping[str, Any]:
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return line if isinstance(line, Mapping) else {}


def _occupancy(line: Mapping[str, Any]) -> int:
    message = line.get("message")
    if line.get("type") != "assistant" or not isinstance(message, Mapping):
        return 0
    usage = message.get("usage")
    return occupancy(usage) if isinstance(usage, Mapping) else 0
