"""Qwen Code: `~/.qwen/projects/FOLDER/chats/ID.jsonl`.

Lines like Claude Code's with usage like Gemini's: `promptTokenCount` includes what the
cache held, `candidatesTokenCount` includes the thoughts. `ui_telemetry` tells every
request once more, and those that have no line of their own: requests the client makes
for itself. Those for memory have a lane, a summary's is stored and moves no gauge. A
sub-agent's request stands in its own file below `subagents/` and is left out here; its
model is named in the `.meta.json` beside that file alone.
"""

from __future__ import annotations

from pathlib import Path

from tracker.domain.lanes import QWEN_SUMMARY, agent_lane, qwen_lane
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
    return any(
        "sessionId" in record
        and ("usageMetadata" in record or "systemPayload" in record)
        or isinstance(at(record, "message", "parts"), list)
        for record in records
    )


def read(path: Path, conversations: Conversations) -> None:
    model_beside = text(read_document(path.with_suffix(".meta.json")), "model")
    for record in conversations.records(path):
        session = text(record, "sessionId")
        if not session:
            continue
        agent = text(record, "agentId")
        lane = conversations.of(session, agent)
        if agent:
            lane.agent(agent_type=text(record, "agentName"))
        else:
            lane.works_in(record.get("cwd"), record.get("gitBranch"))
        kind = record.get("type")
        if kind == "system":
            _system(lane, record)
            _telemetry(conversations, session, record)
        elif kind in ("user", "assistant", "tool_result"):
            # Older versions (0.5.0) do not say who wrote it, nor do sub-agents.
            by = record.get("provenance", "" if agent else "real_user")
            if kind == "user" and by == "real_user":
                prompt = plain_text(at(record, "message", "parts"))
                conversations.title(session, prompt=prompt)
            _message(lane, record, model_beside)


def _message(lane: Conversation, record: Record, model_beside: str) -> None:
    usage = at(record, "usageMetadata")
    if isinstance(usage, dict):
        read = tokens(usage, "cachedContentTokenCount")
        lane.answered(
            text(record, "uuid"),
            moment(record.get("timestamp")),
            fresh=tokens(usage, "promptTokenCount") - read,
            read=read,
            output=_output(usage),
            model=text(record, "model") or model_beside,
            window_tokens=tokens(record, "contextWindowSize"),
        )
    is_context = record.get("provenance") == "system"
    for message in _said(at(record, "message")):
        lane.say(message, is_context=is_context and message["role"] == "user")


def _output(usage: Record) -> int:
    """Output with thinking. OpenAI's providers include it in the candidates, Google's
    report it beside them; the total shows which: 41,000 + 42 = 41,042 with 11 inside.
    """
    output = tokens(usage, "candidatesTokenCount")
    thoughts = tokens(usage, "thoughtsTokenCount")
    together = tokens(usage, "promptTokenCount") + output + thoughts
    return output + (thoughts if tokens(usage, "totalTokenCount") == together else 0)


def _system(lane: Conversation, record: Record) -> None:
    when, payload = moment(record.get("timestamp")), at(record, "systemPayload")
    if record.get("subtype") == "chat_compression":
        info = at(payload, "info")
        after = dicts(at(payload, "compressedHistory"))
        said = [message for item in after for message in _said(item)]
        lane.compacted(
            text(record, "uuid"),
            when,
            trigger=text(info, "triggerReason"),
            summary=plain_text(at(after[0], "parts")) if after else "",
            claimed=(tokens(info, "originalTokenCount"), tokens(info, "newTokenCount")),
            after=said,
        )
        return


def _telemetry(conversations: Conversations, session: str, record: Record) -> None:
    """A request that has no line of its own."""
    event = at(record, "systemPayload", "uiEvent")
    if text(event, "event.name") != "qwen-code.api_response":
        return
    prompt_id = text(event, "prompt_id")
    lane = qwen_lane(text(event, "subagent_name"), prompt_id)
    is_summary = prompt_id.startswith(QWEN_SUMMARY)
    if not lane and not is_summary or lane.startswith(agent_lane("")):
        return
    read = tokens(event, "cached_content_token_count")
    conversations.of(session, lane=lane).answered(
        text(event, "response_id") or text(record, "uuid"),
        moment(record.get("timestamp")),
        fresh=tokens(event, "input_token_count") - read,
        read=read,
        output=tokens(event, "output_token_count"),
        model=text(event, "model"),
        implausible="helper_call" if is_summary else None,
    )


def _said(message: Record | None) -> list[Message]:
    parts = dicts(at(message, "parts"))
    answers = [at(part, "functionResponse") for part in parts]
    answers = [answer for answer in answers if isinstance(answer, dict)]
    if answers:
        return [result(a.get("id"), at(a, "response", "output")) for a in answers]
    if at(message, "role") != "model":
        return [{"role": "user", "content": plain_text(parts)}]
    calls = [at(part, "functionCall") for part in parts]
    calls = [call(c.get("id"), c.get("name"), c.get("args")) for c in dicts(calls)]
    return [answer(plain_text(parts), calls)]


QWEN_CODE = Client(
    name="qwen_code",
    label="Qwen Code",
    files=("*.jsonl",),
    sniff=sniff,
    read=read,
    home=".qwen/projects",
    beside=("*/.qwen/projects/*/memory/*", "*/.qwen/projects/*/extract-cursor.json"),
)
