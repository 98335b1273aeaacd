"""Cline CLI: `~/.cline/data/sessions/ID/ID.messages.json`, rewritten at each turn.

`inputTokens` includes what the cache held with the providers that count it so, and
leaves it out with Anthropic's: a cache larger than the input proves the latter.
"""

from __future__ import annotations

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
    read_document,
    result,
    text,
    tokens,
)


def sniff(path: Path, records: list[Record]) -> bool:  # noqa: ARG001  # each client's
    document = read_document(path)
    return isinstance(at(document, "messages"), list) and "sessionId" in document


def read(path: Path, conversations: Conversations) -> None:
    document = conversations.document(path)
    if document is None:
        return
    session = text(document, "sessionId") or path.name.removesuffix(".messages.json")
    above = read_document(
        path.with_name(f"{path.name.removesuffix('.messages.json')}.json")
    )
    parent = text(above, "parent_session_id")
    lane = conversations.of(parent or session, session if parent else "")
    title = text(above, "metadata", "title") or text(above, "prompt")
    if not parent:
        conversations.title(session, given=title)
        lane.works_in(text(above, "cwd"), text(above, "metadata", "git", "branch"))
    if prompt := plain_text(document.get("system_prompt")):
        lane.say({"role": "system", "content": prompt})
    for message in dicts(document.get("messages")):
        _request(lane, message)
        for said in _said(message):
            lane.say(said)


def _request(lane: Conversation, message: Record) -> None:
    told = at(message, "metrics")
    if not isinstance(told, dict):
        return
    whole = tokens(told, "inputTokens")
    read, written = tokens(told, "cacheReadTokens"), tokens(told, "cacheWriteTokens")
    provider = text(message, "modelInfo", "provider")
    is_apart = read + written > whole or provider in ("anthropic", "bedrock")
    lane.answered(
        text(message, "id"),
        moment(message.get("ts")),
        fresh=whole if is_apart else whole - read - written,
        read=read,
        written=written,
        output=tokens(told, "outputTokens"),
        model=text(message, "modelInfo", "id"),
    )


def _said(message: Record) -> list[Message]:
    content = message.get("content")
    results = [
        result(block.get("tool_use_id"), block.get("content"))
        for block in dicts(content)
        if block.get("type") == "tool_result"
    ]
    if results:
        return results
    said = plain_text(content)
    if message.get("role") != "assistant":
        return [{"role": "user", "content": said}]
    calls = [
        call(block.get("id"), block.get("name"), block.get("input"))
        for block in dicts(content)
        if block.get("type") == "tool_use"
    ]
    return [answer(said, calls)]


CLINE = Client(
    name="cline",
    label="Cline",
    files=("*.messages.json",),
    sniff=sniff,
    read=read,
    home=".cline/data/sessions",
    beside=("*/data/sessions/*.json", "*/db/sessions.db*"),
)
