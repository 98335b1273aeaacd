"""Zed: `~/.local/share/zed/threads/threads.db` (SQLite; each thread is JSON, in zstd).
Read off the public source on 29 November 2026 (zed-industries/zed, `agent/src/db.rs`
at thread version 0.3.0, `language_model_core.rs`); Zed could not be driven here.

`request_token_usage` keeps the last request of each message that was typed: those
before it in a loop of tools are in no row. Its four numbers are apart: `input_tokens`
leaves out what the cache held. Messages have no time: the thread's last change stands
for it. A thread with a `parent_id` is a sub-agent's. One that somebody has shared has
no usage. Of a compaction there is no record that could be verified.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import zstandard

from tracker.sources.transcripts.agents.client import Client
from tracker.sources.transcripts.agents.conversation import Conversation, Message
from tracker.sources.transcripts.agents.conversations import Conversations
from tracker.sources.transcripts.agents.records import (
    MOST_BYTES,
    Record,
    answer,
    at,
    call,
    dicts,
    moment,
    result,
    text,
    tokens,
)
from tracker.sources.transcripts.agents.stores.read_only import has_tables, opened

_COLUMNS = {"id", "summary", "updated_at", "data_type", "data"}


def sniff(path: Path, records: list[Record]) -> bool:  # noqa: ARG001  # each client's
    if not has_tables(path, "threads"):
        return False
    with opened(path) as database:
        found = database.execute("PRAGMA table_info(threads)")
        return {row["name"] for row in found} >= _COLUMNS


def read(path: Path, conversations: Conversations) -> None:
    with opened(path) as database:
        rows = [dict(row) for row in database.execute("SELECT * FROM threads")]
    rows.sort(key=lambda row: (row.get("created_at") or row["updated_at"], row["id"]))
    parents = {row["id"]: row.get("parent_id") for row in rows}
    for row in rows:
        thread = _thread(row["data_type"], row["data"])
        if thread is None:
            conversations.news.malformed_lines += 1
            continue
        lane = conversations.of_family(parents, row["id"], name=row["summary"])
        lane.works_in(text(row, "folder_paths").partition("\n")[0])
        _messages(lane, row["updated_at"], thread)


def _thread(kind: str, data: Any) -> Record | None:
    """The JSON of a thread; None if it is not JSON, damaged, or too large."""
    try:
        if kind == "zstd":
            reader = zstandard.ZstdDecompressor().stream_reader(data)
            data = reader.read(MOST_BYTES + 1)
        found = json.loads(data) if len(data) <= MOST_BYTES else None
    except (zstandard.ZstdError, ValueError, RecursionError, TypeError):
        return None
    return found if isinstance(found, dict) else None


def _messages(lane: Conversation, updated_at: str, thread: Record) -> None:
    """Turn by turn: what was typed, and all that the agent did until the next."""
    turns: list[tuple[str, list[Message]]] = [("", [])]
    for message in dicts(thread.get("messages")):
        if isinstance(typed := message.get("User"), dict):
            said = {"role": "user", "content": _text(typed.get("content"))}
            turns.append((text(typed, "id"), [said]))
        elif isinstance(told := message.get("Agent"), dict):
            turns[-1][1].extend(_said(told))
    for key, messages in turns:
        usage = at(thread, "request_token_usage", key)
        held = messages
        if messages and messages[-1]["role"] == "assistant":
            held = messages[:-1]  # the last is what the request brought
        for one in held:
            lane.say(one)
        if isinstance(usage, dict):
            lane.answered(
                key,
                moment(updated_at),
                fresh=tokens(usage, "input_tokens"),
                read=tokens(usage, "cache_read_input_tokens"),
                written=tokens(usage, "cache_creation_input_tokens"),
                output=tokens(usage, "output_tokens"),
                model=text(thread, "model", "model"),
                partial="tool_loop" if len(held) > 1 else "",
            )
        for one in messages[len(held) :]:
            lane.say(one)


def _said(told: Record) -> list[Message]:
    content = told.get("content")
    used = [part["ToolUse"] for part in dicts(content) if "ToolUse" in part]
    calls = [
        call(text(one, "id"), at(one, "name"), at(one, "input", "value"))
        for one in used
    ]
    results = told.get("tool_results")
    found = results.values() if isinstance(results, dict) else ()
    return [
        answer(_text(content), calls),
        *(result(at(one, "tool_use_id"), _text(at(one, "content"))) for one in found),
    ]


def _text(content: Any) -> str:
    """`[{"Text": "a"}, "Resume", {"Mention": …}]` -> "a"."""
    parts = content if isinstance(content, list) else [content]
    return "\n".join(found for part in parts if (found := text(part, "Text")))


ZED = Client(
    name="zed",
    label="Zed",
    files=("*/threads/threads.db",),
    sniff=sniff,
    read=read,
    home=".local/share/zed/threads",
    beside=("*/threads/threads.db-*",),
)
