"""The lines of a Codex rollout, what is kept between them, and how to read them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from tracker.domain.counting.counters import estimate_tokens
from tracker.domain.lanes import agent_lane
from tracker.domain.reports import MAX_TOKENS
from tracker.sources.transcripts.codex.items import add_item
from tracker.sources.transcripts.following.growing_file import GrowingFile
from tracker.sources.transcripts.json_lines import decode_line
from tracker.sources.transcripts.titles import Title, title_of
from tracker.sources.transcripts.turns import valid_key
from tracker.sources.transcripts.window import Window


class RolloutLine(msgspec.Struct):
    timestamp: datetime | None = None
    type: str | None = None
    payload: dict[str, Any] | None = None


class CodexTurn(msgspec.Struct):
    """What is known about the turn that a `task_started` opened."""

    is_open: bool = False
    has_input: bool = False  # something other than the model's own items came
    has_prompt: bool = False  # somebody, or another agent, asked for something
    requests: int = 0


class Recorded(msgspec.Struct):
    """A request from its `token_usage_record`, before its `token_count` comes."""

    numbers: list[int | None]


class RolloutMemory(msgspec.Struct):
    """All that is carried from one line to the next."""

    thread: str = ""
    window: Window = msgspec.field(default_factory=lambda: Window(session=""))
    title: Title = msgspec.field(default_factory=Title)
    at: datetime | None = None
    born: datetime | None = None  # when the rollout was begun
    is_replay: bool = False  # what is read now is another thread's history
    model_window_tokens: int | None = None
    compact_at_tokens: int | None = None
    # The running totals of the two kinds of lines. They part for good after a
    # compaction by the server, which only the records count.
    counted_total: int = 0
    recorded_total: int = 0
    recorded: Recorded | None = None
    has_asked: bool = False  # a request of the thread's own was read
    # The last two requests since a compaction: their event id and what they held.
    requests: list[tuple[str, int]] = []
    turn: CodexTurn = msgspec.field(default_factory=CodexTurn)
    is_unprompted: bool = False  # the compaction that waits came without a prompt
    base_tokens: int = 0  # the base instructions, which no compaction removes
    is_calling: bool = False  # the last message was of tool calls

    def begin(self, meta: dict[str, Any], file_name: str) -> None:
        """Take the thread's name, once: a fork repeats its parent's head after its own.

        A sub-agent's thread is a lane of the session that started it.
        """
        if self.thread:
            # The head of the thread whose history is copied behind it.
            self.is_replay = self.is_replay or self._is_of_another(meta)
            return
        self.thread = valid_key(text_at(meta, "id")) or valid_key(file_name)
        self.thread = self.thread or "unknown"
        self.born = self.at
        self.is_replay = bool(text_at(meta, "forked_from_id"))
        self.window.session = self.thread
        source = dict_at(meta, "source")
        if "subagent" in source:
            spawn = dict_at(dict_at(source, "subagent"), "thread_spawn")
            root = text_at(meta, "session_id")
            parent = text_at(spawn, "parent_thread_id")
            above = valid_key(root if root not in ("", self.thread) else parent)
            if above:
                self.window.session = above
                self.window.lane = agent_lane(self.thread)
                self.window.agent = agent_facts({**spawn, **meta})
        base = text_at(dict_at(meta, "base_instructions"), "text")
        self.base_tokens = estimate_tokens(base or text_at(meta, "instructions"))
        self.window.system_tokens += self.base_tokens

    def _is_of_another(self, meta: dict[str, Any]) -> bool:
        name = text_at(meta, "id")
        return bool(name) and name != self.thread and not self.has_asked


DECODER = msgspec.json.Decoder(RolloutLine)


def read_messages(file: GrowingFile, start: int, end: int) -> list[dict[str, Any]]:
    """The messages told between two offsets, read again from the file."""
    messages: list[dict[str, Any]] = []
    for _, raw in file.lines_between(start, end):
        line = decode_line(raw, DECODER)
        if line is None or line.payload is None:
            continue
        if line.type == "response_item":
            add_item(messages, line.payload)
        elif line.type == "compacted":
            for item in replacement(line.payload):
                add_item(messages, item)
    return messages


def replacement(payload: dict[str, Any]) -> list[dict[str, Any]]:
    """What the window holds after a compaction; older versions give the summary."""
    history = payload.get("replacement_history")
    if isinstance(history, list):
        return [item for item in history if isinstance(item, dict)]
    summary = text_at(payload, "message")
    if not summary:
        return []
    return [{"type": "message", "role": "user", "content": summary}]


def agent_facts(facts: dict[str, Any]) -> dict[str, str]:
    names = {"agent": "agent_nickname", "agent_type": "agent_role"}
    return {
        key: title_of(facts[name])
        for key, name in names.items()
        if isinstance(facts.get(name), str) and facts[name]
    }


def dict_at(data: dict[str, Any], name: str) -> dict[str, Any]:
    value = data.get(name)
    return value if isinstance(value, dict) else {}


def text_at(data: dict[str, Any], name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""


def int_at(data: dict[str, Any], name: str) -> int | None:
    """A token count; None for anything else."""
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= MAX_TOKENS else None
