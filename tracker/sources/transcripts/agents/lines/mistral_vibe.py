"""Mistral Vibe: `~/.vibe/logs/session/unified/ID/journal/N.jsonl`.

The journal tells the model's calls since the last snapshot, which cuts it: an import
sees the last requests alone, whoever follows the folder sees each. `input_tokens`
includes the cache, `output_tokens` the reasoning. What the window held before is the
`contextUsage` of the state beside.
"""

from __future__ import annotations

from pathlib import Path

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
    text,
    tokens,
)


def sniff(path: Path, records: list[Record]) -> bool:  # noqa: ARG001  # each client's
    return bool(records) and "recovery_journal_record_version" in records[0]


class _Journal:
    """The journal's records, one after the other."""

    def __init__(self, path: Path, conversations: Conversations) -> None:
        self.session = path.parents[1].name
        self.lane = conversations.of(self.session)
        meta = read_document(path.parents[1] / "meta.json")
        self.model = text(meta, "config", "model_name")
        self.purposes: dict[str, str] = {}
        self.at: float | None = None
        self.trigger = "auto"
        conversations.title(self.session, given=text(meta, "title"))
        folder = text(meta, "environment", "working_directory")
        self.lane.works_in(folder, text(meta, "git_branch"))
        self.conversations = conversations

    def take(self, record: Record) -> None:
        payload, kind = at(record, "payload"), record.get("type")
        self._state(dicts(at(payload, "delta")))
        action = text(payload, "action_id")
        if kind == "action_intent":
            request = at(payload, "request")
            self.purposes[action] = text(request, "purpose")
            sent = dicts(at(request, "model_input", "messages", "messages"))
            self._sent(sent, action, text(request, "trigger"))
        elif kind == "action_result":
            self._answered(action, at(payload, "result", "result"))

    def _sent(self, messages: list[Record], action: str, trigger: str) -> None:
        """A call sends all it holds; what follows a compaction is what it kept."""
        said = [_said(message) for message in messages]
        window = self.lane.window
        if self.purposes[action] == "compaction":
            self.trigger = trigger or "auto"
        if not window.message_count:
            window.system_tokens = 0
            for message in said:
                self.lane.say(message)

    def _answered(self, action: str, told: Record | None) -> None:
        usage = at(told, "usage")
        if not isinstance(usage, dict):
            return
        is_summary = self.purposes.get(action) == "compaction"
        read = tokens(usage, "cached_input_tokens")
        self.lane.answered(
            action,
            moment(self.at),
            fresh=max(0, tokens(usage, "input_tokens") - read),
            read=read,
            output=tokens(usage, "output_tokens"),
            model=self.model,
            implausible="helper_call" if is_summary else None,
        )
        said = plain_text(at(told, "parts"))
        if is_summary:
            self.lane.compacted(
                f"compacted-{action}",
                moment(self.at),
                trigger=self.trigger,
                summary=said,
                after=[],
            )
        else:
            self.lane.say({"role": "assistant", "content": said})

    def _state(self, changes: list[Record]) -> None:
        for change in changes:
            session = at(change, "state", "session")
            if isinstance(session, dict):
                self.conversations.title(self.session, prompt=session.get("preview"))
                used = tokens(session, "contextUsage", "inputTokens")
                window = self.lane.window
                if used and window.used_tokens is None:
                    window.used_tokens = used
            when = at(change, "entry", "updatedAt")
            self.at = when if isinstance(when, (int, float)) else self.at


def read(path: Path, conversations: Conversations) -> None:
    journal = _Journal(path, conversations)
    for record in conversations.records(path):
        journal.take(record)


def _said(message: Record) -> Message:
    role = text(message, "role")
    if role not in ("system", "assistant"):
        role = "user"
    return {"role": role, "content": plain_text(message.get("content"))}


MISTRAL_VIBE = Client(
    name="mistral_vibe",
    label="Mistral Vibe",
    files=("*/journal/*.jsonl",),
    sniff=sniff,
    read=read,
    home=".vibe/logs/session",
    beside=("*/unified/*", "*/generations/*", "*/chunks/*", "*/meta.json",
            "*/CURRENT", "*/scheduled-loops.json"),
)  # fmt: skip
