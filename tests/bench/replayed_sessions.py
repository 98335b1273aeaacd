"""Real sessions as an agent sent them: which messages each request held, and when."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

Messages = list[dict[str, Any]]
PAUSE_SECONDS = 20.0  # between the requests of a session that has no times
LEAST_REQUESTS = 3


@dataclass(frozen=True, slots=True)
class Session:
    """`ends[n]` messages were sent with request n, at `times[n]` seconds."""

    name: str
    messages: Messages
    ends: list[int]
    times: list[float]


def sessions_in(folder: Path) -> Iterator[Session]:
    """Claude Code's transcripts, tau-bench and SWE-agent below `folder`."""
    for path in sorted(folder.rglob("*.jsonl")):
        yield from _worthwhile(path.stem, *_transcript(path))
    for path in sorted(folder.rglob("taubench*.json")):
        for at, chat in enumerate(json.loads(path.read_text("utf-8"))):
            messages = [m for m in chat["traj"] if m.get("content") or len(m) > 2]
            yield from _worthwhile(f"{path.stem} {at}", messages, [])
    for path in sorted(folder.rglob("*.traj")):
        history = json.loads(path.read_text("utf-8"))["history"]
        talk = [{"role": m["role"], "content": m["content"] or ""} for m in history]
        yield from _worthwhile(path.stem, talk, [])


def _worthwhile(name: str, messages: Messages, times: list[float]) -> Iterator[Session]:
    """A request was sent before each of the assistant's messages."""
    times = times or [at * PAUSE_SECONDS for at in range(len(messages))]
    ends = [at for at, m in enumerate(messages) if m["role"] == "assistant" and at]
    if len(ends) >= LEAST_REQUESTS:
        yield Session(name, messages, ends, [times[at - 1] for at in ends])


def _transcript(path: Path) -> tuple[Messages, list[float]]:
    """The main lane's messages as if nothing had ever been compacted."""
    messages: Messages = []
    times: list[float] = []
    for line in path.read_text("utf-8", "replace").splitlines():
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if not isinstance(found, dict) or found.get("type") not in (
            "user", "assistant",
        ):  # fmt: skip
            continue
        hidden = ("isSidechain", "isMeta", "isCompactSummary")
        message = found.get("message")
        if any(found.get(name) for name in hidden) or not isinstance(message, dict):
            continue
        blocks = _blocks(message.get("content"))
        if not blocks or "timestamp" not in found:
            continue
        if messages and messages[-1]["role"] == message["role"]:
            messages[-1]["content"] += blocks
            continue
        messages.append({"role": message["role"], "content": blocks})
        times.append(datetime.fromisoformat(found["timestamp"]).timestamp())
    return _paired(messages), times


def _blocks(content: Any) -> list[Any]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    kinds = ("text", "tool_use", "tool_result")
    return [b for b in content or () if isinstance(b, dict) and b.get("type") in kinds]


def _paired(messages: Messages) -> Messages:
    """A call that was interrupted has no result: its block becomes text."""
    blocks = [block for message in messages for block in message["content"]]
    asked = {b["id"] for b in blocks if b["type"] == "tool_use"}
    both = asked & {b["tool_use_id"] for b in blocks if b["type"] == "tool_result"}
    for message in messages:
        message["content"] = [
            block
            if block.get("id", block.get("tool_use_id", "")) in both
            or block["type"] == "text"
            else {"type": "text", "text": json.dumps(block)[:500]}
            for block in message["content"]
        ]
    return messages
