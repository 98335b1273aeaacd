"""Continue CLI: `~/.continue/sessions/ID.json`, rewritten at each turn.

Each assistant message carries its provider's usage as it came; the session's own sums
leave the cache out.
"""

from __future__ import annotations

from pathlib import Path

from tracker.domain.providers.reported_usage import normalise_usage
from tracker.domain.providers.usage_numbers import UsageError
from tracker.sources.transcripts.agents.client import Client
from tracker.sources.transcripts.agents.conversation import Message
from tracker.sources.transcripts.agents.conversations import Conversations
from tracker.sources.transcripts.agents.records import (
    Record,
    at,
    dicts,
    moment,
    plain_text,
    read_document,
    result,
    text,
)


def sniff(path: Path, records: list[Record]) -> bool:  # noqa: ARG001  # each client's
    document = read_document(path)
    return isinstance(at(document, "history"), list) and "sessionId" in document


def read(path: Path, conversations: Conversations) -> None:
    document = conversations.document(path)
    if document is None:
        return
    session = text(document, "sessionId") or path.stem
    lane = conversations.of(session)
    conversations.title(session, given=text(document, "title"))
    lane.works_in(text(document, "workspaceDirectory"))
    for number, item in enumerate(dicts(document.get("history"))):
        message = at(item, "message")
        usage = at(message, "usage")
        if isinstance(usage, dict):
            try:
                told = normalise_usage(usage)
            except UsageError:
                conversations.news.malformed_lines += 1
                continue
            cached = told.cache_read_tokens + told.cache_creation_tokens
            lane.answered(
                text(message, "id") or f"{session}-{number}",
                moment(at(item, "timestamp") or document.get("dateCreated")),
                fresh=told.input_tokens - cached,
                read=told.cache_read_tokens,
                written=told.cache_creation_tokens,
                output=told.output_tokens,
                model=text(usage, "model") or text(document, "chatModelTitle"),
            )
        lane.say(_said(message))


def _said(message: Record | None) -> Message:
    role = text(message, "role")
    content = plain_text(at(message, "content"))
    if role == "tool":
        return result(text(message, "toolCallId"), content)
    if role not in ("system", "assistant"):
        role = "user"
    calls = dicts(at(message, "toolCalls")) if role == "assistant" else []
    said: Message = {"role": role, "content": content}
    return said | {"tool_calls": calls} if calls else said


CONTINUE_CLI = Client(
    name="continue_cli",
    label="Continue",
    # By the form of its id: a folder `sessions` with documents is other clients', too.
    files=("*/????????-????-????-????-????????????.json",),
    sniff=sniff,
    read=read,
    home=".continue/sessions",
    beside=("*/sessions/sessions.json",),
)
