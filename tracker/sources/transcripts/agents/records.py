"""Reads values of foreign records; a missing or wrong one becomes a default."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tracker.domain.providers.usage_numbers import whole_number
from tracker.sources.transcripts.json_lines import decode_object
from tracker.sources.transcripts.plain_file import open_plain

Record = dict[str, Any]
MOST_BYTES = 256 << 20  # of one file that is read as a whole


def read_lines(path: Path) -> Iterator[Record | None]:
    """Each line as a record; None for a line that is not one.

    A last line that is still being written is left out. OSError if unreadable.
    """
    with open_plain(path) as file:
        for line in file:
            record = decode_object(line)
            if record is not None or line.endswith(b"\n") and line.strip():
                yield record


def read_document(path: Path) -> Any:
    """A whole JSON file; None if it is not JSON, half written, or too large."""
    try:
        if path.stat().st_size > MOST_BYTES:
            return None
        with open_plain(path) as file:
            return json.loads(file.read().decode("utf-8-sig", "replace"))
    except (OSError, ValueError, RecursionError):
        return None


def at(record: Any, *names: str) -> Any:
    """`record[a][b]…`, None where something on the way is missing."""
    for name in names:
        if not isinstance(record, dict):
            return None
        record = record.get(name)
    return record


def dicts(value: Any) -> list[Record]:
    """The dicts in a list; [] for anything else."""
    if not isinstance(value, list):
        return []
    return [item for item in value if isinstance(item, dict)]


def text(record: Any, *names: str) -> str:
    value = at(record, *names)
    return value if isinstance(value, str) else ""


def tokens(record: Any, *names: str) -> int:
    """A number of tokens; 0 if there is none."""
    return whole_number(at(record, *names)) or 0


def moment(value: Any) -> datetime | None:
    """ISO 8601 text, or milliseconds since 1970; None for what is neither.

    A time without a zone counts as UTC.
    """
    try:
        if isinstance(value, str):
            told = datetime.fromisoformat(value)
            return told.replace(tzinfo=UTC) if told.tzinfo is None else told
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None


def plain_text(content: Any) -> str:
    """The text in a string, a block, or a list of blocks."""
    if isinstance(content, str):
        return content
    if isinstance(content, dict):
        inner = content.get("text", content.get("content"))
        return plain_text(inner) if inner is not None else ""
    if isinstance(content, list):
        return "\n".join(part for part in map(plain_text, content) if part)
    return ""


def call(call_id: Any, name: Any, arguments: Any) -> Record:
    """A tool call in OpenAI's chat shape."""
    if not isinstance(arguments, str):
        arguments = json.dumps(arguments, ensure_ascii=False)
    function = {"name": str(name or ""), "arguments": arguments}
    return {"id": str(call_id or ""), "type": "function", "function": function}


def answer(said: str, calls: list[Record]) -> Record:
    """What the model said, with its tool calls, in OpenAI's chat shape."""
    message: Record = {"role": "assistant", "content": said}
    return message | {"tool_calls": calls} if calls else message


def result(call_id: Any, content: Any) -> Record:
    """A tool's result in OpenAI's chat shape."""
    said = plain_text(content)
    if not said and content not in (None, "", []):
        said = json.dumps(content, ensure_ascii=False)
    return {"role": "tool", "tool_call_id": str(call_id or ""), "content": said}
