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
from datetime import datetime
from pathlib import Path

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
    plain_text,
    result,
    text,
    tokens,
)


def sniff(path: Path, records: list[Record]) -> bool:  # noqa: ARG001  # each client's
    """The first versions named no `version`."""
    head = records[0] if records else {}
    is_dated = "version" in head or "timestamp" in head
    return head.get("type") == "session" and "cwd" in head and is_dated


def sniff_openclaw(path: Path, records: list[Record]) -> bool:  # noqa: ARG001  # each client's
    """Its documentation names no `version` in the head."""
    head = records[0] if records else {}
    return head.get("type") == "session" and "id" in head and "cwd" in head


class _Tree:
    """A session's entries: what each one says, and which one it follows."""

    def __init__(self, lane: Conversation, began: datetime | None) -> None:
        self.lane, self.began = lane, began
        self.parents: dict[str, str] = {}
        self.said: dict[str, list[Message]] = {}
        self.first_kept: dict[str, str] = {}  # by compaction
        self.last = ""

    def take(self, record: Record) -> None:
        # The first versions wrote no ids: each entry comes behind the one before it.
        key = text(record, "id") or f"entry-{len(self.parents)}"
        parent = self._parent(record)
        if parent != self.last:
            self.lane.holds_only(self._held(parent))
        self.parents[key], self.last = parent, key
        kind = record.get("type")
        if kind == "message":
            message = at(record, "message")
            self._message(record)
            self._say(key, _said(message))
        elif kind == "compaction":
            self._compaction(key, record)
        elif kind == "branch_summary":
            self._own_request(key, record)
            summary = text(record, "summary")
            self._say(key, [{"role": "user", "content": summary}])
        elif kind == "custom_message":
            told = plain_text(record.get("content"))
            self._say(key, [{"role": "user", "content": told}], is_context=True)

    def _parent(self, record: Record) -> str:
        if "parentId" not in record:
            return self.last
        parent = text(record, "parentId")
        return self.last if parent and parent not in self.parents else parent

    def _held(self, leaf: str) -> list[Message]:
        """What the window holds behind an entry: from its newest compaction on."""
        path: list[str] = []
        while leaf in self.parents and len(path) <= len(self.parents):
            path.append(leaf)
            leaf = self.parents[leaf]
        path.reverse()
        places = [i for i, key in enumerate(path) if key in self.first_kept]
        if places:
            before, first = path[: places[-1]], self.first_kept[path[places[-1]]]
            kept = before[before.index(first) :] if first in before else []
            kept = [key for key in kept if key not in self.first_kept]
            path = [path[places[-1]], *kept, *path[places[-1] + 1 :]]
        return [said for key in path for said in self.said.get(key, ())]

    def _say(
        self, key: str, messages: list[Message], *, is_context: bool = False
    ) -> None:
        self.said[key] = messages
        for message in messages:
            self.lane.say(message, is_context=is_context)

    def _message(self, record: Record) -> None:
        message, when = at(record, "message"), moment(record.get("timestamp"))
        for definition in ("toolsAdded", "tools"):
            if found := dicts(at(message, definition)):
                self.lane.tools(json.dumps(found))
        usage = at(message, "usage")
        if self.began and when and when < self.began:
            return  # a copy
        if isinstance(usage, dict):
            key = text(message, "responseId") or text(record, "id")
            self._answered(key, record, usage, model=text(message, "model"))

    def _compaction(self, key: str, record: Record) -> None:
        summary = text(record, "summary")
        self._own_request(key, record)
        self.said[key] = [{"role": "user", "content": summary}]
        self.first_kept[key] = text(record, "firstKeptEntryId")
        self.lane.compacted(
            key,
            moment(record.get("timestamp")),
            summary=summary,
            claimed=(tokens(record, "tokensBefore"), 0),
            after=self._held(key),
        )

    def _own_request(self, key: str, record: Record) -> None:
        """The request that made a summary: it moves no gauge."""
        usage = at(record, "usage")
        if isinstance(usage, dict):
            told = "helper_call"
            self._answered(f"{key}-summary", record, usage, implausible=told)

    def _answered(
        self,
        key: str,
        record: Record,
        usage: Record,
        *,
        model: str = "",
        implausible: str | None = None,
    ) -> None:
        self.lane.answered(
            key,
            moment(record.get("timestamp")),
            fresh=tokens(usage, "input"),
            read=tokens(usage, "cacheRead"),
            written=tokens(usage, "cacheWrite"),
            output=tokens(usage, "output"),
            model=model,
            implausible=implausible,
        )


def read(path: Path, conversations: Conversations) -> None:
    tree: _Tree | None = None
    session = ""
    for record in conversations.records(path):
        if record.get("type") == "session":
            session = text(record, "id")
            lane = conversations.of(session)
            lane.works_in(record.get("cwd"))
            tree = _Tree(lane, moment(record.get("timestamp")))
        elif tree is not None:
            tree.take(record)
            message = at(record, "message")
            if record.get("type") == "session_info":
                conversations.title(session, given=text(record, "name"))
            elif at(message, "role") == "user":
                conversations.title(session, prompt=at(message, "content"))


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
