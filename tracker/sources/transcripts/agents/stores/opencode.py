"""opencode: `~/.local/share/opencode/opencode.db` (SQLite, JSON in columns), and Kilo
Code, which is built on it: `~/.local/share/kilo/kilo.db` (`@kilocode/cli` 7.7.9, run on
29 November 2026: five requests and a fork, equal to what was served).

`tokens.input` leaves out what the cache held and `output` leaves out `reasoning`. A
session with a `parent_id` is a sub-agent's: it is a lane of the parent's session. A
fork has no parent and copies the messages under new ids; they keep their times, which
lie before the session's own. A compaction is a user message with a part of that type,
followed by an assistant message with `summary`; the totals of `session` are lifetime
sums and say nothing of a window.

Versions before 1.2 wrote documents instead (`storage/session|message|part/`, seen with
1.1.34), which a newer one copies into its database under the same ids. A session's own
document changes with each prompt: who follows sees the last answer with the next one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from tracker.sources.transcripts.agents.client import Client
from tracker.sources.transcripts.agents.conversation import Conversation, Message
from tracker.sources.transcripts.agents.conversations import Conversations
from tracker.sources.transcripts.agents.records import (
    Record,
    answer,
    at,
    call,
    dicts,
    moment,
    read_document,
    result,
    text,
    tokens,
)
from tracker.sources.transcripts.agents.stores.parents import root_of
from tracker.sources.transcripts.agents.stores.read_only import (
    decoded,
    has_tables,
    opened,
)

_SESSIONS = (
    "SELECT id, parent_id, title, directory, time_created FROM session "
    "ORDER BY time_created"
)
_UNTITLED = "New session - "  # and a time, until its model has named it
_MESSAGES = """SELECT id, time_created, data FROM message WHERE session_id = ?
ORDER BY time_created, id"""
_PARTS = (
    "SELECT message_id, data FROM part WHERE session_id = ? ORDER BY time_created, id"
)


@dataclass(frozen=True, slots=True)
class _Message:
    key: str
    created: float  # milliseconds since 1970
    told: Record
    parts: list[Record]


def sniff(path: Path, records: list[Record]) -> bool:  # noqa: ARG001  # each client's
    if path.suffix == ".json":
        document = read_document(path)
        return text(document, "id") == path.stem and "projectID" in document
    return has_tables(path, "session", "message", "part")


def read(path: Path, conversations: Conversations) -> None:
    if path.suffix == ".json":
        _read_documents(path, conversations)
        return
    with opened(path) as database:
        sessions = {row["id"]: row for row in database.execute(_SESSIONS)}
        parents = {key: row["parent_id"] for key, row in sessions.items()}
        for key, row in sessions.items():
            messages = _messages(key, database)
            told = (row["title"], row["directory"], messages)
            lane = _lane(conversations, parents, key, *told)
            _session(lane, row["time_created"], messages)


def _read_documents(path: Path, conversations: Conversations) -> None:
    """One session of an older version, with those that are above it."""
    found = conversations.document(path)
    if found is None:
        return
    parents: dict[str, str | None] = {}
    key: str | None = path.stem
    while key and key not in parents:
        parents[key] = text(read_document(path.with_name(f"{key}.json")), "parentID")
        key = parents[key]
    messages, created = _written(path), at(found, "time", "created")
    told = (found.get("title"), found.get("directory"), messages)
    lane = _lane(conversations, parents, path.stem, *told)
    _session(lane, created if isinstance(created, int) else 0, messages)


def _written(path: Path) -> list[_Message]:
    """The messages in `message/SESSION/`, with their parts in `part/MESSAGE/`."""
    storage, found = path.parents[2], []
    for file in (storage / "message" / path.stem).glob("*.json"):
        told = read_document(file)
        if isinstance(told, dict):
            parts = sorted((storage / "part" / file.stem).glob("*.json"))
            created = at(told, "time", "created")
            found.append(
                _Message(
                    file.stem,
                    created if isinstance(created, (int, float)) else 0,
                    told,
                    dicts([read_document(part) for part in parts]),
                )
            )
    return sorted(found, key=lambda one: (one.created, one.key))


def _lane(
    conversations: Conversations,
    parents: Mapping[str, str | None],
    key: str,
    title: Any,
    folder: Any,
    messages: list[_Message],
) -> Conversation:
    root = root_of(parents, key)
    lane = conversations.of(root, "" if root == key else key)
    given = title if isinstance(title, str) else ""
    if root == key:
        given = "" if given.startswith(_UNTITLED) else given
        typed = (one for one in messages if one.told.get("role") == "user")
        prompt = next(
            (said["content"] for one in typed for said in _said(one.told, one.parts)),
            "",
        )
        conversations.title(root, given=given, prompt=prompt)
        lane.works_in(folder)
    else:
        lane.agent(description=given)
    return lane


def _messages(session: str, database: Connection) -> list[_Message]:
    parts: dict[str, list[Record]] = {}
    for row in database.execute(_PARTS, (session,)):
        part = decoded(row["data"])
        if isinstance(part, dict):
            parts.setdefault(row["message_id"], []).append(part)
    return [
        _Message(row["id"], row["time_created"], told, parts.get(row["id"], []))
        for row in database.execute(_MESSAGES, (session,))
        if isinstance(told := decoded(row["data"]), dict)
    ]


def _session(lane: Conversation, created: float, messages: list[_Message]) -> None:
    compaction: Record | None = None
    for one in messages:
        asked = [part for part in one.parts if part.get("type") == "compaction"]
        if asked:
            compaction = asked[0]
            continue
        is_own = one.created >= created
        is_answer = one.told.get("role") == "assistant"
        is_summary = bool(one.told.get("summary")) and is_answer
        if is_own:
            _request(lane, one, is_summary=is_summary)
        if is_summary and not one.told.get("error"):
            _compacted(lane, one, compaction, is_own=is_own)
        elif not is_summary:
            for said in _said(one.told, one.parts):
                lane.say(said)


def _request(lane: Conversation, one: _Message, *, is_summary: bool) -> None:
    told = at(one.told, "tokens")
    if one.told.get("role") != "assistant" or not isinstance(told, dict):
        return
    lane.answered(
        one.key,
        moment(at(one.told, "time", "created") or one.created),
        fresh=tokens(told, "input"),
        read=tokens(told, "cache", "read"),
        written=tokens(told, "cache", "write"),
        output=tokens(told, "output") + tokens(told, "reasoning"),
        model=text(one.told, "modelID"),
        implausible="helper_call" if is_summary else None,
    )


def _compacted(
    lane: Conversation, one: _Message, asked: Record | None, *, is_own: bool
) -> None:
    texts = (text(part, "text") for part in one.parts)
    summary = "\n".join(filter(None, texts))
    if not is_own:  # the parent's: what it left is what the fork begins with
        lane.messages.clear()
        lane.window.clear(0)
        lane.say({"role": "user", "content": summary})
        return
    lane.compacted(
        f"compacted-{one.key}",
        moment(one.created),
        trigger="auto" if asked is None or asked.get("auto") else "manual",
        summary=summary,
    )


def _said(message: Record, parts: list[Record]) -> list[Message]:
    said = "\n".join(text(part, "text") for part in parts if text(part, "text"))
    if message.get("role") != "assistant":
        return [{"role": "user", "content": said}]
    used = [part for part in parts if part.get("type") == "tool"]
    calls = [
        call(part.get("callID"), part.get("tool"), at(part, "state", "input"))
        for part in used
    ]
    results = [result(part.get("callID"), at(part, "state", "output")) for part in used]
    return [answer(said, calls), *results]


OPENCODE = Client(
    name="opencode",
    label="opencode",
    files=("*/opencode.db", "*/opencode-*.db", "*/storage/session/*/ses_*.json"),
    sniff=sniff,
    read=read,
    home=".local/share/opencode",
    beside=(
        "*/opencode/*",
        "*/storage/message/*",
        "*/storage/part/*",
        "*.db-wal",
        "*.db-shm",
    ),
)

KILO_CODE = Client(
    name="kilo_code",
    label="Kilo Code",
    files=("*/kilo.db", "*/kilo-*.db"),
    sniff=sniff,
    read=read,
    home=".local/share/kilo",
    beside=("*/share/kilo/*",),
)
