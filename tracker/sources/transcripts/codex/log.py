"""Codex rollouts (`rollout-*.jsonl`): requests, sub-agents, compactions.

The traps: `token_count` is told again unchanged before a compaction, and after one
it says zeros with the new size as their total; newer versions also write a
`token_usage_record` for the same request. So a request is what raises the
thread's running total. A forked thread repeats its parent's history under its own
id: each session keeps its own samples.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tracker.domain.providers.reported_usage import UsageError, normalise_usage
from tracker.domain.reports import MAIN_LANE
from tracker.sources.transcripts.codex.items import (
    is_context,
    is_from_model,
    item_message,
    item_tokens,
)
from tracker.sources.transcripts.codex.lines import (
    DECODER,
    RolloutMemory,
    dict_at,
    int_at,
    read_messages,
    replacement,
    text_at,
)
from tracker.sources.transcripts.growing_file import GrowingFile
from tracker.sources.transcripts.json_lines import decode_line
from tracker.sources.transcripts.news import TranscriptNews
from tracker.sources.transcripts.titles import prompt_title, title_of
from tracker.sources.transcripts.window import Compaction, Window, in_utc, valid_key

ORIGIN = "codex"


class CodexLog:
    """Understands the lines of one rollout, one after the other."""

    def __init__(self, file: GrowingFile, state: Any = None) -> None:
        self._file = file
        try:
            self._memory = msgspec.convert(state or {}, RolloutMemory)
        except msgspec.ValidationError:
            self._memory = RolloutMemory()

    @property
    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = msgspec.to_builtins(self._memory)
        return state

    @property
    def titles(self) -> dict[str, str]:
        session = self._memory.window.session
        return {session: self._memory.title.best} if session else {}

    def read_line(self, start: int, raw: bytes, news: TranscriptNews) -> None:
        line = decode_line(raw, DECODER)
        if line is None:
            news.malformed_lines += 1
            return
        self._memory.at = in_utc(line.timestamp) or self._memory.at
        payload = line.payload or {}
        if line.type == "session_meta":
            self._memory.begin(payload, self._file.path.stem)
        elif line.type == "turn_context":
            model = payload.get("model")
            if isinstance(model, str):
                self._memory.window.model = title_of(model, 200)
        elif line.type == "response_item":
            self._item(start, payload)
        elif line.type == "token_usage_record":
            self._usage_record(start, payload, news)
        elif line.type == "event_msg":
            self._event(start, payload, news)
        elif line.type == "compacted":
            self._compacted(start, payload, news)

    def flush(self, news: TranscriptNews) -> None:
        """Report a compaction that no request has followed, with an estimate."""
        window = self._memory.window
        if window.pending is not None:
            claimed = window.pending.claimed_after_tokens
            after = claimed or window.after_estimate(window.pending)
            self._tell(after, self._file.position.offset, news, sets_gauge=True)

    def _item(self, start: int, item: dict[str, Any]) -> None:
        window = self._named_window()
        if is_from_model(item):
            if window.answer is None:
                window.begin_answer(message_id="", event_id="", at=None, start=start)
        elif item.get("type") == "message" and window.lane == MAIN_LANE:
            title = self._memory.title
            if item.get("role") == "user" and not is_context(item):
                title.prompt = title.prompt or prompt_title(item.get("content"))
        self._count(item)

    def _count(self, item: dict[str, Any]) -> None:
        message = item_message(item)
        if message is None:
            return
        window, tokens = self._memory.window, item_tokens(item)
        if message["role"] == "system":
            window.system_tokens += tokens
            return
        if message["role"] == "user" and is_context(item):
            window.user_context_tokens += tokens
            window.message_count += 1
            return
        is_calling = "tool_calls" in message
        window.history_tokens += tokens
        window.message_count += not (is_calling and self._memory.is_calling)
        self._memory.is_calling = is_calling

    def _usage_record(
        self, start: int, record: dict[str, Any], news: TranscriptNews
    ) -> None:
        total = int_at(dict_at(record, "thread_token_usage"), "total_tokens")
        event_id = text_at(record, "response_id")
        if total is None or total != self._memory.total_tokens:
            self._request(start, record.get("usage"), total, event_id, news)

    def _event(self, start: int, event: dict[str, Any], news: TranscriptNews) -> None:
        if event.get("type") == "task_started":
            self._learn_window(event)
        if event.get("type") != "token_count":
            return
        info = dict_at(event, "info")
        self._learn_window(info)
        last = dict_at(info, "last_token_usage")
        total = int_at(dict_at(info, "total_token_usage"), "total_tokens")
        pending = self._memory.window.pending
        if not last.get("input_tokens"):
            if pending is not None and last.get("total_tokens"):
                pending.claimed_after_tokens = int_at(last, "total_tokens")
        elif total is not None and total != self._memory.total_tokens:
            self._request(start, last, total, "", news)

    def _request(
        self,
        start: int,
        usage: Any,
        total: int | None,
        event_id: str,
        news: TranscriptNews,
    ) -> None:
        """One request; `total` is the thread's running total, None if not told."""
        try:
            reported = normalise_usage(usage)
        except UsageError:
            news.malformed_lines += 1
            return
        memory, window = self._memory, self._named_window()
        memory.total_tokens = total if total is not None else memory.total_tokens
        if not reported.used_tokens:
            return
        answer = window.answer or window.begin_answer(
            message_id="", event_id="", at=None, start=start
        )
        counted_id = f"{memory.thread}:{start if total is None else total}"[:255]
        answer.event_id = valid_key(event_id) or counted_id
        answer.at = memory.at
        if window.pending is not None:
            self._tell(reported.used_tokens, answer.start, news)
            window.pending = None
        news.add_usage(
            window.usage_report(
                answer,
                reported,
                origin=ORIGIN,
                window_tokens=memory.model_window_tokens,
            )
        )
        window.answer = None

    def _compacted(
        self, start: int, payload: dict[str, Any], news: TranscriptNews
    ) -> None:
        memory, window = self._memory, self._named_window()
        self.flush(news)
        moment = memory.at.isoformat() if memory.at else start
        window.compact(
            Compaction(
                event_id=valid_key(text_at(payload, "window_id"))
                or f"compacted-{moment}",
                at=memory.at,
                trigger="manual" if payload.get("trigger") == "manual" else "auto",
                strategy="compact",
                end=start,
                summary=text_at(payload, "message"),
            )
        )
        window.system_tokens, memory.is_calling = memory.base_tokens, False
        for item in replacement(payload):
            self._count(item)

    def _tell(
        self,
        after_tokens: int,
        end: int,
        news: TranscriptNews,
        *,
        sets_gauge: bool = False,
    ) -> None:
        window = self._memory.window
        compaction = window.pending
        assert compaction is not None
        before = self._messages(compaction.start, compaction.end)
        after = self._messages(compaction.end, end)
        report = window.compression_report(
            compaction,
            after_tokens=after_tokens,
            origin=ORIGIN,
            before=before,
            after=after,
            sets_gauge=sets_gauge,
        )
        if report is not None:
            news.add_compression(report)

    def _messages(self, start: int, end: int) -> list[dict[str, Any]] | None:
        """The messages told between two offsets; None if they are there no more."""
        try:
            return read_messages(self._file, start, end)
        except (OSError, RecursionError):
            return None

    def _learn_window(self, told: dict[str, Any]) -> None:
        window = int_at(told, "model_context_window")
        self._memory.model_window_tokens = window or self._memory.model_window_tokens

    def _named_window(self) -> Window:
        """The window, under the file's name where no head gave a thread."""
        self._memory.begin({}, self._file.path.stem)
        return self._memory.window
