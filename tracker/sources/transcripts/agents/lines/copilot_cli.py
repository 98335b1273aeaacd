"""GitHub Copilot CLI: `~/.copilot/session-state/ID/events.jsonl`.

A request is a `session.usage_record`, which comes before the answer; `inputTokens`
includes the cache, `outputTokens` the reasoning. `maxPromptTokens` is the client's own
window. `session.shutdown` sums over the whole life and is left out. What a compaction
says of tokens is the client's estimate; the request that made the summary stands in
`compactionTokensUsed` alone.
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
    result,
    text,
    tokens,
)


def sniff(path: Path, records: list[Record]) -> bool:  # noqa: ARG001  # each client's
    head = records[0] if records else {}
    is_event = isinstance(head.get("data"), dict) and "parentId" in head
    return is_event and text(head, "type").startswith("session.")


def read(path: Path, conversations: Conversations) -> None:
    session = path.parent.name
    agents: dict[str, str] = {}
    for record in conversations.records(path):
        kind, data = text(record, "type"), at(record, "data")
        session = (
            text(data, "sessionId") or session if kind == "session.start" else session
        )
        agent = text(record, "agentId")
        lane = conversations.of(session, agent)
        if kind == "subagent.started":
            agents[agent] = text(data, "agentName")
        lane.agent(agent_type=agents.get(agent, ""))
        if kind == "session.start":
            where = at(data, "context")
            folder = text(where, "gitRoot") or text(where, "cwd")
            lane.works_in(folder, text(where, "branch"))
        if kind == "user.message" and not agent:
            conversations.title(session, prompt=text(data, "content"))
        elif kind == "session.title_changed":
            conversations.title(session, given=text(data, "title"))
        _event(lane, kind, record, data or {})


def _event(lane: Conversation, kind: str, record: Record, data: Record) -> None:
    when, key = moment(record.get("timestamp")), text(record, "id")
    if kind == "session.usage_record":
        _request(lane, key, record, at(data, "usage"))
    elif kind == "session.compaction_complete" and data.get("success"):
        used = at(data, "compactionTokensUsed")
        _request(lane, f"{key}-summary", record, used, implausible="helper_call")
        lane.compacted(
            key,
            when,
            trigger=text(data, "trigger"),
            summary=text(data, "summaryContent"),
            claimed=(
                tokens(data, "preCompactionTokens"),
                tokens(data, "postCompactionTokens"),
            ),
        )
    elif kind == "system.message":
        lane.system(text(data, "content"))
    else:
        for message in _said(kind, data):
            lane.say(message)


def _request(
    lane: Conversation,
    key: str,
    record: Record,
    usage: Record | None,
    *,
    implausible: str | None = None,
) -> None:
    if not isinstance(usage, dict):
        return
    read, written = tokens(usage, "cacheReadTokens"), tokens(usage, "cacheWriteTokens")
    lane.answered(
        key,
        moment(record.get("timestamp")),
        fresh=max(0, tokens(usage, "inputTokens") - read - written),
        read=read,
        written=written,
        output=tokens(usage, "outputTokens"),
        model=text(usage, "model"),
        window_tokens=tokens(usage, "maxPromptTokens"),
        implausible=implausible,
    )


def _said(kind: str, data: Record) -> list[Message]:
    if kind == "user.message":
        sent = text(data, "transformedContent") or text(data, "content")
        return [{"role": "user", "content": sent}]
    if kind == "assistant.message":
        calls = [
            call(asked.get("toolCallId"), asked.get("name"), asked.get("arguments"))
            for asked in dicts(data.get("toolRequests"))
        ]
        return [answer(text(data, "content"), calls)]
    if kind == "tool.execution_complete":
        return [result(data.get("toolCallId"), plain_text(at(data, "result")))]
    return []


COPILOT_CLI = Client(
    name="copilot_cli",
    label="GitHub Copilot CLI",
    files=("*.jsonl",),
    sniff=sniff,
    read=read,
    home=".copilot/session-state",
    beside=("*/.copilot/session-state/*",),
)
