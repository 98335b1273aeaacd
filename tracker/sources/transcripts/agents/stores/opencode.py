"""opencode: `~/.local/share/opencode/opencode.db` (SQLite, JSON in columns), and Kilo
Code, which is built on it: `~/.local/share/kilo/kilo.db` (`@kilocode/cli` 7.7.9, run on
29 November 2026: five requests and a fork, equal to what was served).

`tokens.input` leaves out what the cache held and `output` leaves out `reasoning`. A
session with a `parent_id` is a sub-agent's: it is a lane of the parent's session. A
fork has no parent and copies the messages under new ids; they keep their times, which
lie before the session's own. A compaction is a user message with a part of that type,
followed by an assistant message with `summary`; the totals of `session` are lifetime
sums and say nothing of a window.
"""

from __future__ import annotations

from pathlib import Path
from sqlite3 import Connection, Row

from tracker.sources.transcripts.agents.client import Client
from tracker.sources.transcripts.agents.conversation import (
    Conversation,
    Conversations,
    Message,
)
from tracker.sources.transcripts.agents.records import (
    Record,
    answer,
    at,
    call,
    moment,
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
_MESSAGES = """SELECT id, time_created, data FROM message WHERE session_id = ?
ORDER BY time_created, id"""
_PARTS = (
    "SELECT message_id, data FROM part WHERE session_id = ? ORDER BY time_created, id"
)


def sniff(path: Path, records: list[Record]) -> bool:  # noqa: ARG001  # each client's
    return has_tables(path, "session", "message", "part")


def read(path: Path, conversations: Conversations) -> None:
    with opened(path) as database:
        sessions = {row["id"]: row for row in database.execute(_SESSIONS)}
        parents = {key: row["parent_id"] for key, row in sessions.items()}
        for key, row in sessions.items():
            root = root_of(parents, key)
            lane = conversations.of(root, "" if root == key else key)
            if root == key:
                conversations.title(root, given=row["title"] or "")
                lane.works_in(row["directory"])
            else:
                lane.agent(description=row["title"] or "")
            _session(lane, row, database)


def _session(lane: Conversation, session: Row, database: Connection) -> None:
    parts: dict[str, list[Record]] = {}
    for row in database.execute(_PARTS, (session["id"],)):
        part = decoded(row["data"])
        if isinstance(part, dict):
            parts.setdefault(row["message_id"], []).append(part)
    compaction: Record | None = None
    for row in database.execute(_MESSAGES, (session["id"],)):
        message, own = decoded(row["data"]), parts.get(row["id"], [])
        if not isinstance(message, dict):
            continue
        asked = [part for part in own if part.get("type") == "compaction"]
        if asked:
            compaction = asked[0]
            continue
        is_own = row["time_created"] >= session["time_created"]
        is_summary = bool(message.get("summary")) and message.get("role") == "assistant"
        if is_own:
            _request(lane, row, message, is_summary=is_summary)
        if is_summary and not message.get("error"):
            _compacted(lane, row, own, compaction, is_own=is_own)
        elif not is_summary:
            for said in _said(message, own):
                lane.say(said)


def _request(
    lane: Conversation, row: Row, message: Record, *, is_summary: bool
) -> None:
    told = at(message, "tokens")
    if message.get("role") != "assistant" or not isinstance(told, dict):
        return
    lane.answered(
        row["id"],
        moment(at(message, "time", "created") or row["time_created"]),
        fresh=tokens(told, "input"),
        read=tokens(told, "cache", "read"),
        written=tokens(told, "cache", "write"),
        output=tokens(told, "output") + tokens(told, "reasoning"),
        model=text(message, "modelID"),
        implausible="helper_call" if is_summary else None,
    )


def _compacted(
    lane: Conversation,
    row: Row,
    parts: list[Record],
    asked: Record | None,
    *,
    is_own: bool,
) -> None:
    summary = "\n".join(text(part, "text") for part in parts if text(part, "text"))
    if not is_own:  # the parent's: what it left is what the fork begins with
        lane.messages.clear()
        lane.window.clear(0)
        lane.say({"role": "user", "content": summary})
        return
    lane.compacted(
        f"compacted-{row['id']}",
        moment(row["time_created"]),
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
    files=("*/opencode.db", "*/opencode-*.db"),
    sniff=sniff,
    read=read,
    home=".local/share/opencode",
    beside=("*/opencode/*", "*.db-wal", "*.db-shm"),
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
