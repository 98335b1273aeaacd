"""Finds the client of a session file by its first records, or refuses the file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracker.sources.transcripts.json_lines import decode_object
from tracker.sources.transcripts.plain_file import open_plain

Record = dict[str, Any]
CLAUDE_CODE = "claude_code"
CODEX = "codex"
_LINES_LOOKED_AT = 40
_BYTES_LOOKED_AT = 1 << 20

_CODEX_TYPES = {
    "session_meta",
    "turn_context",
    "response_item",
    "event_msg",
    "compacted",
    "token_usage_record",
    "world_state",
    "inter_agent_communication_metadata",
}
_CONVERSATION = ("user", "assistant")
# Programs whose session files are JSON lines, too: a field that only they write.
_OTHERS = {
    "projectHash": "Gemini CLI",
    "usageMetadata": "Qwen Code",
    "systemPayload": "Qwen Code",
    "protocol_version": "Kimi Code",
}
EMPTY = "empty"
NO_JSON = "no JSON lines"
NOT_KNOWN = "JSON lines of another program"
DATABASE = "an SQLite database"


@dataclass(frozen=True, slots=True)
class Recognised:
    """`format` is `claude_code` or `codex`; None says `reason`, in a few words."""

    format: str | None
    reason: str = ""


def recognise(path: Path) -> Recognised:
    """The format of the file at `path`, by its first records. OSError if unreadable.

    A record that fits decides. Records that could be anybody's (a title, a mode) and
    broken lines leave it to the next; only where no record fits and some are somebody
    else's, or none is JSON, the file is refused.
    """
    can_be_claude, found = False, False
    with open_plain(path) as file:
        left = _BYTES_LOOKED_AT
        for _ in range(_LINES_LOOKED_AT):
            line = file.readline(left)
            left -= len(line)
            if not line or left <= 0:
                break
            if line.startswith(b"SQLite format 3\x00"):
                return Recognised(None, DATABASE)
            record = decode_object(line)
            if record is None:
                continue
            found = True
            answer = _decided(record)
            if answer is not None:
                return answer
            can_be_claude = can_be_claude or _can_be_claude(record)
    if can_be_claude:
        return Recognised(CLAUDE_CODE)
    if found:
        return Recognised(None, NOT_KNOWN)
    is_empty = left == _BYTES_LOOKED_AT or not path.stat().st_size
    return Recognised(None, EMPTY if is_empty else NO_JSON)


def _decided(record: Record) -> Recognised | None:
    for name, program in _OTHERS.items():
        if name in record:
            return Recognised(None, f"a session of {program}")
    if _text(record, "type") in _CODEX_TYPES and _holds(record, "payload"):
        return Recognised(CODEX)
    return Recognised(CLAUDE_CODE) if _is_claude(record) else None


def _is_claude(record: Record) -> bool:
    """A record of the conversation, or one that only Claude Code writes."""
    kind = _text(record, "type")
    if kind in _CONVERSATION:
        message = record.get("message")
        is_said = isinstance(message, dict) and "content" in message
        return is_said and ("uuid" in record or "sessionId" in record)
    if "sessionId" not in record:
        return bool(kind == "summary" and _text(record, "leafUuid"))
    return (
        (kind == "attachment" and _holds(record, "attachment"))
        or (kind == "progress" and _holds(record, "data"))
        or (kind == "system" and "uuid" in record)
    )


def _can_be_claude(record: Record) -> bool:
    """Claude Code's newer kinds of records have the session's id in common, and little
    else.
    """
    if _text(record, "type") == "file-history-snapshot":
        return _holds(record, "snapshot")
    is_named = bool(_text(record, "type") and _text(record, "sessionId"))
    return is_named and "payload" not in record and "message" not in record


def _text(record: Record, name: str) -> str:
    value = record.get(name)
    return value if isinstance(value, str) else ""


def _holds(record: Record, name: str) -> bool:
    return isinstance(record.get(name), dict)
