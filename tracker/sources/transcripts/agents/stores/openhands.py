"""OpenHands: a folder a conversation, `base_state.json` and `events/*.json`.

`stats.usage_to_metrics` holds each request of the agent and of its condenser, with the
window the client works with. `prompt_tokens` includes what the cache held. A
`Condensation` event names the events that were forgotten and the summary.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from tracker.sources.transcripts.agents.client import Client
from tracker.sources.transcripts.agents.conversation import Conversation, Message
from tracker.sources.transcripts.agents.conversations import Conversations
from tracker.sources.transcripts.agents.records import (
    Record,
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
    return isinstance(at(read_document(path), "stats", "usage_to_metrics"), dict)


def read(path: Path, conversations: Conversations) -> None:
    state = read_document(path)
    session = text(state, "id") or path.parent.name
    lane = conversations.of(session)
    metrics = at(state, "stats", "usage_to_metrics")
    events = list(_events(path.parent / "events"))
    requests = iter(_requests(at(metrics, "agent")))
    times = [moment(event.get("timestamp")) for event in events]
    for event, when in zip(events, times, strict=True):
        if _is_answer(event):
            _answered(lane, next(requests, None), when)
        if event.get("kind") == "Condensation":
            _condensed(lane, event, when)
            continue
        message = _said(event)
        if message is not None:
            if message["role"] == "user":
                conversations.title(session, prompt=message["content"])
            lane.say(message)
    last = times[-1] if times else None
    for request in requests:  # told by the state before their event is written
        _answered(lane, request, last)
    for usage_id, told in (metrics or {}).items():
        for request in _requests(told) if usage_id != "agent" else ():
            _answered(lane, request, last, implausible="helper_call")


def _events(folder: Path) -> Iterator[Record]:
    files = sorted(folder.glob("*.json")) if folder.is_dir() else []
    for file in files:
        event = read_document(file)
        if isinstance(event, dict):
            yield event


def _requests(metrics: Record | None) -> list[Record]:
    return dicts(at(metrics, "token_usages"))


def _is_answer(event: Record) -> bool:
    """An event that one answer of the model made. Calls side by side share its id."""
    is_action = event.get("kind") == "ActionEvent"
    is_message = event.get("kind") == "MessageEvent" and event.get("source") == "agent"
    return is_action or is_message


def _answered(
    lane: Conversation,
    request: Record | None,
    when: datetime | None,
    *,
    implausible: str | None = None,
) -> None:
    if request is None:
        return
    read = tokens(request, "cache_read_tokens")
    written = tokens(request, "cache_write_tokens")
    lane.answered(
        text(request, "response_id"),
        when,
        fresh=max(0, tokens(request, "prompt_tokens") - read - written),
        read=read,
        written=written,
        output=tokens(request, "completion_tokens"),
        model=text(request, "model"),
        window_tokens=tokens(request, "context_window"),
        implausible=implausible,
    )


def _condensed(lane: Conversation, event: Record, when: datetime | None) -> None:
    summary = text(event, "summary")
    lane.compacted(text(event, "id"), when, summary=summary)


def _said(event: Record) -> Message | None:
    kind = event.get("kind")
    if kind == "SystemPromptEvent":
        return {"role": "system", "content": plain_text(event.get("system_prompt"))}
    if kind == "MessageEvent":
        role = "assistant" if event.get("source") == "agent" else "user"
        return {
            "role": role,
            "content": plain_text(at(event, "llm_message", "content")),
        }
    if kind == "ActionEvent":
        arguments = at(event, "tool_call", "arguments") or event.get("action")
        calls = [call(event.get("tool_call_id"), event.get("tool_name"), arguments)]
        thought = plain_text(event.get("thought"))
        return {"role": "assistant", "content": thought, "tool_calls": calls}
    if kind == "ObservationEvent":
        observed = at(event, "observation")
        return result(event.get("tool_call_id"), at(observed, "content") or observed)
    return None


OPENHANDS = Client(
    name="openhands",
    label="OpenHands",
    files=("*/base_state.json",),
    sniff=sniff,
    read=read,
    home=".openhands/conversations",
    beside=("*/events/event-*.json", "*/events/.eventlog*"),
)
