"""Claude Code's PostCompact hook: which compression it was, read off the transcript.

The hook itself says no tokens. The transcript does: the last request before the
boundary, and what the client claims. The boundary line comes a moment after the hook.
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
    """What a transcript says of its main lane. `boundary` is the last one's line,
    `before_tokens` the occupancy of the last request before it (or at all).
    """

    first_tokens: int
    before_tokens: int
    model: str
    boundary: Mapping[str, Any] | None
    is_followed: bool  # by a request: then the boundary is an older compaction's


def read_transcript(path: Path) -> Seen:
    """One pass over the file. Raises OSError; lines that are no JSON are skipped."""
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
    """The REST contract's compression; None where nothing says how full it was.

    After a compaction come the system prompt, the tools and the summary: that much
    the first request held, and the summary is at hand. The next report corrects it.
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
    """The transcript once the boundary stands in it, or as it is after `seconds`.

    None where it cannot be read.
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
