"""Kimi Code: `~/.kimi-code/sessions/FOLDER/SESSION/agents/AGENT/wire.jsonl`.

A request is a `usage.record`; `inputOther`, `inputCacheRead` and `inputCacheCreation`
add up to its input. The same numbers stand again in `step.end` and in the message's
line. A `usageScope` of `session` is the request that made a summary. What a compaction
says of tokens are estimates of the text alone. A fork begins with a copy of its
parent's lines: requests from before the session was made are the parent's.
"""

from __future__ import annotations

import json
from pathlib import Path

from tracker.sources.transcripts.agents.client import Client
from tracker.sources.transcripts.agents.conversation import Conversation
from tracker.sources.transcripts.agents.conversations import Conversations
from tracker.sources.transcripts.agents.records import (
    Record,
    at,
    call,
    moment,
    plain_text,
    read_document,
    result,
    text,
    tokens,
)


def sniff(path: Path, records: list[Record]) -> bool:  # noqa: ARG001  # each client's
    head = records[0] if records else {}
    return head.get("type") == "metadata" and "protocol_version" in head


class _Wire:
    """One agent's file, line after line."""

    def __init__(self, path: Path, conversations: Conversations) -> None:
        agent, folder = path.parent.name, path.parents[2]
        self.is_main = agent == "main"
        self.session = folder.name
        self.conversations = conversations
        self.lane: Conversation = conversations.of(
            self.session, "" if self.is_main else agent
        )
        self.trigger = "auto"
        self.model = ""
        self.requests = 0
        state = read_document(folder / "state.json")
        self.began = moment(at(state, "createdAt"))
        conversations.title(self.session, given=text(state, "title"))
        if self.is_main:
            self.lane.works_in(text(state, "cwd"))

    def take(self, record: Record) -> None:
        kind, when = record.get("type"), moment(record.get("time"))
        if kind == "llm.request":
            self.model = text(record, "model")
        elif kind == "llm.tools_snapshot":
            self.lane.tools(json.dumps(record.get("tools")))
        elif kind == "profile.bind":
            prompt = text(record, "systemPrompt")
            self.lane.say({"role": "system", "content": prompt})
            name = text(record, "profileName")
            self.lane.agent(agent_type="" if self.is_main else name)
        elif kind == "usage.record":
            self._request(record)
        elif kind == "full_compaction.begin":
            self.trigger = text(record, "source")
        elif kind == "context.apply_compaction":
            self.lane.compacted(
                f"{self.session}-compaction-{record.get('time')}",
                when,
                trigger=self.trigger,
                summary=text(record, "contextSummary") or text(record, "summary"),
                claimed=(tokens(record, "tokensBefore"), tokens(record, "tokensAfter")),
            )
        elif kind == "context.append_message":
            self._message(record)
        elif kind == "context.append_loop_event":
            self._loop(at(record, "event"))

    def _request(self, record: Record) -> None:
        usage, self.requests = at(record, "usage"), self.requests + 1
        when = moment(record.get("time"))
        if self.began and when and when < self.began:
            return
        is_turn = record.get("usageScope") != "session"
        self.lane.answered(
            f"{self.session}-{self.lane.window.lane}-{record.get('time')}-{self.requests}",
            when,
            fresh=tokens(usage, "inputOther"),
            read=tokens(usage, "inputCacheRead"),
            written=tokens(usage, "inputCacheCreation"),
            output=tokens(usage, "output"),
            model=self.model or text(record, "model"),
            implausible=None if is_turn else "helper_call",
        )

    def _message(self, record: Record) -> None:
        message = at(record, "message")
        origin, content = at(message, "origin", "kind"), at(message, "content")
        if at(message, "role") == "user":
            if origin == "user" and self.is_main:
                self.conversations.title(self.session, prompt=content)
            said = {"role": "user", "content": plain_text(content)}
            self.lane.say(said, is_context=origin == "injection")

    def _loop(self, event: Record | None) -> None:
        kind = at(event, "type")
        if kind == "content.part":
            said = plain_text(at(event, "part"))
            self.lane.say({"role": "assistant", "content": said})
        elif kind == "tool.call":
            name, given = at(event, "name"), at(event, "args")
            calls = [call(at(event, "toolCallId"), name, given)]
            self.lane.say({"role": "assistant", "content": None, "tool_calls": calls})
        elif kind == "tool.result":
            output = at(event, "result", "output")
            self.lane.say(result(at(event, "toolCallId"), output))


def read(path: Path, conversations: Conversations) -> None:
    wire = _Wire(path, conversations)
    for record in conversations.records(path):
        wire.take(record)


KIMI_CODE = Client(
    name="kimi_code",
    label="Kimi Code",
    files=("*.jsonl",),
    sniff=sniff,
    read=read,
    home=".kimi-code/sessions",
    beside=("*/state.json",),
)
