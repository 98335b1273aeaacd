"""pi (`@earendil-works/pi-coding-agent`): `~/.pi/agent/sessions/PATH/TIME_ID.jsonl`,
and OpenClaw, which is built on it: `~/.openclaw/agents/AGENT/sessions/ID.jsonl`
(docs.openclaw.ai, "Session management & compaction").

`input` leaves out what the cache held; `output` includes reasoning. The file is a tree
by `parentId`: an entry whose parent is not the one before it goes back to an earlier
message. A `compaction` keeps the entries from `firstKeptEntryId` on. A forked session
begins with a copy: entries older than its head were counted where they come from.
"""

from __future__ import annotations

import json
from pathlib import Path

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
    dicts,
    moment,
    plain_text,
    read_lines,
    result,
    text,
    tokens,
)


def sniff(path: Path, records: list[Record]) -> bool:  # noqa: ARG001  # each client's
    head = records[0] if records else {}
    return head.get("type") == "session" and "version" in head and "cwd" in head


def sniff_openclaw(path: Path, records: list[Record]) -> bool:  # noqa: ARG001  # each client's
    """Its documentation names no `version` in the head."""
    head = records[0] if records else {}
    return head.get("type") == "session" and "id" in head and "cwd" in head


def read(path: Path, conversations: Conversations) -> None:
    lane: Conversation | None = None
    session, began = "", None
    entries: dict[str, list[Message]] = {}  # what each entry said, in file order
    for record, _ in read_lines(path):
        if record is None:
            conversations.news.malformed_lines += 1
        elif record.get("type") == "session":
            session = text(record, "id")
            began = moment(record.get("timestamp"))
            lane = conversations.of(session)
            lane.works_in(record.get("cwd"))
        elif lane is None:
            continue
        elif record.get("type") == "message":
            when = moment(record.get("timestamp"))
            _message(lane, record, is_own=not (began and when and when < began))
            message = at(record, "message")
            if at(message, "role") == "user":
                conversations.title(session, prompt=at(message, "content"))
            entries[text(record, "id")] = said = _said(message)
            for one in said:
                lane.say(one)
        elif record.get("type") == "compaction":
            _compaction(lane, record, entries)
        elif record.get("type") == "session_info":
            conversations.title(session, given=text(record, "name"))


def _message(lane: Conversation, record: Record, *, is_own: bool) -> None:
    message = at(record, "message")
    for definition in ("toolsAdded", "tools"):
        if found := dicts(at(message, definition)):
            lane.tools(json.dumps(found))
    usage = at(message, "usage")
    if isinstance(usage, dict) and is_own:
        lane.answered(
            text(message, "responseId") or text(record, "id"),
            moment(record.get("timestamp")),
            fresh=tokens(usage, "input"),
            read=tokens(usage, "cacheRead"),
            written=tokens(usage, "cacheWrite"),
            output=tokens(usage, "output"),
            model=text(message, "model"),
        )


def _compaction(
    lane: Conversation, record: Record, entries: dict[str, list[Message]]
) -> None:
    summary, when = text(record, "summary"), moment(record.get("timestamp"))
    usage, key = at(record, "usage"), text(record, "id")
    if isinstance(usage, dict):
        lane.answered(
            f"{key}-summary",
            when,
            fresh=tokens(usage, "input"),
            read=tokens(usage, "cacheRead"),
            written=tokens(usage, "cacheWrite"),
            output=tokens(usage, "output"),
            implausible="helper_call",
        )
    first = text(record, "firstKeptEntryId")
    places = list(entries)
    kept = places[places.index(first) :] if first in entries else []
    after: list[Message] = [{"role": "user", "content": summary}]
    after += [said for place in kept for said in entries[place]]
    before = tokens(record, "tokensBefore")
    lane.compacted(key, when, summary=summary, claimed=(before, 0), after=after)


def _said(message: Record | None) -> list[Message]:
    role, content = at(message, "role"), at(message, "content")
    if role == "toolResult":
        return [result(at(message, "toolCallId"), content)]
    said = plain_text(content)
    if role == "system":
        sections = at(message, "sections")
        told = sections.values() if isinstance(sections, dict) else ()
        whole = "\n".join([said, *map(plain_text, told)])
        return [{"role": "system", "content": whole}]
    if role != "assistant":
        return [{"role": "user", "content": said}]
    calls = [
        call(part.get("id"), part.get("name"), part.get("arguments"))
        for part in dicts(content)
        if part.get("type") == "toolCall"
    ]
    return [answer(said, calls)]


PI = Client(
    name="pi",
    label="pi",
    files=("*.jsonl",),
    sniff=sniff,
    read=read,
    home=".pi/agent/sessions",
)

OPENCLAW = Client(
    name="openclaw",
    label="OpenClaw",
    files=("*/.openclaw/*/sessions/*.jsonl", "*/openclaw/*/sessions/*.jsonl"),
    sniff=sniff_openclaw,
    read=read,
    home=".openclaw/agents",
    beside=("*/openclaw/*/sessions/sessions.json", "*/.openclaw/*/sessions.json"),
)
