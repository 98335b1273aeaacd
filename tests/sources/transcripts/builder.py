"""Writes lines as Claude Code and Codex write them, with what a test cares about."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

from tracker.sources.transcripts.following.news import TranscriptNews
from tracker.sources.transcripts.following.reader import TranscriptReader

_numbers = itertools.count(1)


FRAME = 4  # tokens around the text of a message, whatever the model


def user(content: Any, **fields: Any) -> dict[str, Any]:
    return _line("user", message={"role": "user", "content": content}, **fields)


def tool_result(call: str, text: str, **fields: Any) -> dict[str, Any]:
    block = {"type": "tool_result", "tool_use_id": call, "content": text}
    return user([block], **fields)


def assistant(
    number: int,
    used: int,
    *,
    output: int = 10,
    content: Any = None,
    model: str = "claude-sonnet-4-5",
    **fields: Any,
) -> dict[str, Any]:
    """The answer to request `number`, which found `used` tokens in the window."""
    message = {
        "id": f"msg_{number}",
        "role": "assistant",
        "model": model,
        "content": content or [{"type": "text", "text": f"answer {number}"}],
        "usage": {
            "input_tokens": 3,
            "cache_creation_input_tokens": 100,
            "cache_read_input_tokens": used - 103,
            "output_tokens": output,
        },
    }
    return _line("assistant", message=message, requestId=f"req_{number}", **fields)


def attached(kind: str, rendered: Any = None, **facts: Any) -> dict[str, Any]:
    """What the client attached; `rendered` is what the model sees of it."""
    extra = {} if rendered is None else {"rendered": rendered}
    return _line("attachment", attachment={"type": kind, **facts}, **extra)


def progress(agent: str, call: str, inner: dict[str, Any]) -> dict[str, Any]:
    data = {"type": "agent_progress", "agentId": agent, "message": inner}
    return _line("progress", data=data, parentToolUseID=call)


def cleared(**fields: Any) -> dict[str, Any]:
    """The note of a hook when a person empties the window within one file."""
    names = {"hookEvent": "SessionStart", "hookName": "SessionStart:clear"}
    return _line("progress", data={"type": "hook_progress", **names}, **fields)


def boundary(before: int, *, trigger: str = "auto", **metadata: Any) -> dict[str, Any]:
    facts = {"trigger": trigger, "preTokens": before, **metadata}
    return _line("system", subtype="compact_boundary", compactMetadata=facts)


def microcompact(before: int, saved: int) -> dict[str, Any]:
    facts = {
        "trigger": "auto",
        "preTokens": before,
        "tokensSaved": saved,
        "compactedToolIds": ["call_1", "call_2"],
        "clearedAttachmentUUIDs": [],
    }
    return _line("system", subtype="microcompact_boundary", microcompactMetadata=facts)


def summary_message(text: str = "Summary: all went well.") -> dict[str, Any]:
    return user(text, isCompactSummary=True, isVisibleInTranscriptOnly=True)


def write(path: Path, *lines: dict[str, Any] | str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(as_bytes(*lines))
    return path


def append(path: Path, *lines: dict[str, Any] | str) -> None:
    with path.open("ab") as file:
        file.write(as_bytes(*lines))


def as_bytes(*lines: dict[str, Any] | str) -> bytes:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    return "".join(f"{text}\n" for text in texts).encode()


def _line(kind: str, **fields: Any) -> dict[str, Any]:
    number = next(_numbers)
    return {
        "type": kind,
        "uuid": f"uuid-{number}",
        "sessionId": "session-1",
        "timestamp": f"2026-01-05T10:{number // 60 % 60:02}:{number % 60:02}.000Z",
        "isSidechain": False,
        **fields,
    }


def codex(kind: str, payload: dict[str, Any]) -> dict[str, Any]:
    number = next(_numbers)
    at = f"2026-01-05T10:{number // 60 % 60:02}:{number % 60:02}.000Z"
    return {"timestamp": at, "type": kind, "payload": payload}


def said(role: str, text: str) -> dict[str, Any]:
    kind = "output_text" if role == "assistant" else "input_text"
    content = [{"type": kind, "text": text}]
    return codex("response_item", {"type": "message", "role": role, "content": content})


def token_count(used: int, total: int, *, size: int | None = None) -> dict[str, Any]:
    """What Codex says after a request; `size` alone is what it says of a new window."""
    last = {"input_tokens": used, "cached_input_tokens": 0, "output_tokens": 5}
    last["total_tokens"] = used + 5 if size is None else size
    info = {
        "total_token_usage": {"input_tokens": total - 5, "total_tokens": total},
        "last_token_usage": last,
        "model_context_window": 258_400,
    }
    return codex("event_msg", {"type": "token_count", "info": info})


def usage_record(number: int, used: int, total: int) -> dict[str, Any]:
    usage = {
        "input_tokens": used,
        "cached_input_tokens": used - 100,
        "cache_write_input_tokens": 0,
        "output_tokens": 5,
        "total_tokens": used + 5,
    }
    record = {
        "response_id": f"resp_{number}",
        "usage": usage,
        "thread_token_usage": {"total_tokens": total},
    }
    return codex("token_usage_record", record)


def read(path: Path, *lines: dict[str, Any] | str) -> TranscriptNews:
    """What a transcript of these lines tells; it is `session-1.jsonl` there."""
    file = write(path / "session-1.jsonl", *lines)
    return TranscriptReader(file, format="claude_code").read_new()


def call(name: str) -> list[dict[str, Any]]:
    return [{"type": "tool_use", "id": name, "name": "Read", "input": {"path": "/a"}}]


def conversation() -> list[dict[str, Any]]:
    return [
        user("Mend the fence"),
        assistant(1, 100_000, content=[{"type": "text", "text": "I look."}]),
        assistant(1, 100_000, content=call("call_1")),
        tool_result("call_1", "a broken post"),
        assistant(2, 150_000, content=[{"type": "text", "text": "Post replaced."}]),
    ]
