"""Gemini CLI: `~/.gemini/tmp/PROJECT/chats/session-*.jsonl`.

`input` includes what the cache held; `thoughts` stand beside `output`. A message with
tool calls is written again under its id once they are known. A compaction rewrites the
history (`$set.messages`) with ids nobody has seen; a resume does it with known ones.
A sub-agent's file lies in a folder named after its session.
"""

from __future__ import annotations

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
    return bool(records) and "projectHash" in records[0] and "sessionId" in records[0]


def read(path: Path, conversations: Conversations) -> None:
    lane: Conversation | None = None
    session, known = "", set[str]()
    for record, _ in read_lines(path):
        if record is None:
            conversations.news.malformed_lines += 1
            continue
        if "projectHash" in record:  # a head; each resume writes it again
            own = text(record, "sessionId")
            is_agent = record.get("kind") == "subagent"
            session = path.parent.name if is_agent else own
            lane = conversations.of(session, own if is_agent else "")
        elif lane is None:
            continue
        elif "$set" in record:
            _rewritten(lane, dicts(at(record, "$set", "messages")), known)
        elif record.get("type") in ("user", "gemini"):
            if record["type"] == "user" and lane.window.lane == "main":
                shown = record.get("displayContent") or record.get("content")
                conversations.title(session, prompt=shown)
            _message(lane, record, known)


def _message(lane: Conversation, record: Record, known: set[str]) -> None:
    key = text(record, "id")
    told = at(record, "tokens")
    if key in known:  # written again: only its numbers may be new
        return
    known.add(key)
    if isinstance(told, dict):
        lane.answered(
            key,
            moment(record.get("timestamp")),
            fresh=tokens(told, "input") - tokens(told, "cached"),
            read=tokens(told, "cached"),
            output=tokens(told, "output") + tokens(told, "thoughts"),
            model=text(record, "model"),
        )
    for message in _said(record):
        lane.say(message)


def _rewritten(lane: Conversation, messages: list[Record], known: set[str]) -> None:
    new = [message for message in messages if text(message, "id") not in known]
    if not new:
        return
    known.update(text(message, "id") for message in messages)
    after = [said for message in messages for said in _said(message)]
    if not lane.messages:  # what the client says before the first prompt
        for said in after:
            lane.say(said, is_context=True)
        return
    lane.compacted(
        f"compacted-{text(new[0], 'id')}",
        moment(new[0].get("timestamp")),
        summary=plain_text(new[0].get("content")),
        after=after,
    )


def _said(record: Record) -> list[Message]:
    content = record.get("content")
    answers = [
        result(at(answer, "id"), at(answer, "response", "output"))
        for answer in (part.get("functionResponse") for part in dicts(content))
        if answer
    ]
    if answers:
        return answers
    if record.get("type") != "gemini":
        return [{"role": "user", "content": plain_text(content)}]
    asked = dicts(record.get("toolCalls"))
    calls = [call(c.get("id"), c.get("name"), c.get("args")) for c in asked]
    return [answer(plain_text(content), calls)]


GEMINI_CLI = Client(
    name="gemini_cli",
    label="Gemini CLI",
    files=("*.jsonl",),
    sniff=sniff,
    read=read,
    home=".gemini/tmp",
    beside=("*/.gemini/tmp/*/logs.json", "*/chats/*.json"),
)
