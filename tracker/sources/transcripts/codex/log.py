"""Codex rollouts (`rollout-*.jsonl`): requests, sub-agents, compactions.

The traps: newer versions tell each request twice, as a `token_usage_record` and as a
`token_count`, whose running totals part after a compaction by the server (which only
the records count). A `token_count` is told again unchanged before a compaction, and
after one it says zeros with the new size as their total. The history of another
thread may stand before the thread's own (replay.py).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from tracker.domain.composition.filling import definition_weights
from tracker.domain.plan_limits import PlanLimit, codex_limits
from tracker.domain.providers.reported_usage import ReportedUsage, normalise_usage
from tracker.domain.providers.usage_numbers import UsageError
from tracker.domain.reports import MAIN_LANE
from tracker.sources.transcripts.client_settings import codex_settings
from tracker.sources.transcripts.codex.compactions import ORIGIN, compaction_of, tell
from tracker.sources.transcripts.codex.items import (
    is_context,
    is_from_model,
    is_prompt,
    item_message,
    item_tokens,
    tools_tokens,
)
from tracker.sources.transcripts.codex.lines import (
    DECODER,
    CodexTurn,
    Recorded,
    RolloutMemory,
    dict_at,
    int_at,
    replacement,
    text_at,
)
from tracker.sources.transcripts.codex.replay import is_own
from tracker.sources.transcripts.following.growing_file import GrowingFile
from tracker.sources.transcripts.following.news import TranscriptNews
from tracker.sources.transcripts.json_lines import decode_line
from tracker.sources.transcripts.place import place_of
from tracker.sources.transcripts.titles import prompt_title, title_of
from tracker.sources.transcripts.turns import Answer, in_utc, valid_key
from tracker.sources.transcripts.window import Window


class CodexLog:
    """Understands the lines of one rollout, one after the other."""

    def __init__(self, file: GrowingFile, state: Any = None) -> None:
        self._file = file
        try:
            self._memory = msgspec.convert(state or {}, RolloutMemory)
        except msgspec.ValidationError:
            self._memory = RolloutMemory()
        self._settings = codex_settings(file.path)
        self._limits: tuple[PlanLimit, ...] = ()  # told with the last request

    @property
    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = msgspec.to_builtins(self._memory)
        return state

    def compose(self, news: TranscriptNews) -> None:
        """Tell what fills the window, if it had a request in `news`."""
        self._memory.window.compose(news)

    @property
    def titles(self) -> dict[str, str]:
        session = self._memory.window.session
        return {session: self._memory.title.best} if session else {}

    def read_line(self, start: int, raw: bytes, news: TranscriptNews) -> None:
        line = decode_line(raw, DECODER)
        if line is None:
            news.malformed_lines += 1
            return
        memory, payload = self._memory, line.payload or {}
        at = in_utc(line.timestamp)
        if memory.is_replay and is_own(memory, payload, at):
            memory.is_replay, memory.window.answer = False, None
        memory.at = at or memory.at
        self._learn_settings(payload)
        if line.type == "session_meta":
            memory.begin(payload, self._file.name)
            git = payload.get("git")
            branch = git.get("branch") if isinstance(git, dict) else None
            memory.window.place = place_of(payload.get("cwd"), branch)
        elif line.type == "turn_context":
            model = payload.get("model")
            if isinstance(model, str):
                memory.window.model = title_of(model, 200)
        elif line.type == "response_item":
            self._item(start, payload)
        elif line.type == "token_usage_record":
            self._usage_record(start, payload, news)
        elif line.type == "event_msg":
            self._event(start, payload, news)
        elif line.type == "compacted":
            self._compacted(start, payload, news)

    def flush(self, news: TranscriptNews, *, later: bool = False) -> None:  # noqa: ARG002  # each format's
        """Report a compaction that no request has followed, with an estimate."""
        window = self._memory.window
        if window.pending is not None:
            claimed = window.pending.claimed_after_tokens
            after = claimed or window.after_estimate(window.pending)
            end = self._file.position.offset
            tell(self._file, window, after, end, news=news, sets_gauge=True)

    def _item(self, start: int, item: dict[str, Any]) -> None:
        window, turn = self._named_window(), self._memory.turn
        if is_from_model(item):
            if window.answer is None:
                self._begin_answer(start)
        else:
            turn.has_input = True
            if is_prompt(item):
                turn.has_prompt, self._memory.is_unprompted = True, False
                if window.lane == MAIN_LANE:
                    title = self._memory.title
                    title.prompt = title.prompt or prompt_title(item.get("content"))
        self._count(item)

    def _begin_answer(self, start: int) -> Answer:
        window = self._memory.window
        answer = window.begin_answer(message_id="", event_id="", at=None, start=start)
        window.hold(answer)
        return answer

    def _count(self, item: dict[str, Any], *, summary: str = "") -> None:
        window = self._memory.window
        window.tools_tokens += tools_tokens(item)
        if isinstance(item.get("tools"), list):
            window.filling.define(definition_weights(item["tools"]))
        message = item_message(item)
        if message is None:
            return
        tokens = item_tokens(item)
        if message["role"] == "system":
            window.system_tokens += tokens
            return
        if message["role"] == "user" and is_context(item):
            window.user_context_tokens += tokens
            window.message_count += 1
            window.filling.add(message, tokens, part="user_context", spoken="context")
            return
        is_calling = "tool_calls" in message
        window.history_tokens += tokens
        is_summary = bool(summary) and summary in str(message.get("content"))
        spoken = "summaries" if is_summary else "user_text"
        window.filling.add(message, tokens, spoken=spoken)
        window.message_count += not (is_calling and self._memory.is_calling)
        self._memory.is_calling = is_calling

    def _usage_record(
        self, start: int, record: dict[str, Any], news: TranscriptNews
    ) -> None:
        memory, usage = self._memory, dict_at(record, "usage")
        total = int_at(dict_at(record, "thread_token_usage"), "total_tokens")
        if total is not None and total == memory.recorded_total:
            return  # told again
        memory.recorded_total = memory.recorded_total if total is None else total
        memory.recorded = Recorded(_numbers(usage))
        event_id = text_at(record, "response_id")
        self._request(start, usage, total, event_id, news)

    def _event(self, start: int, event: dict[str, Any], news: TranscriptNews) -> None:
        memory, kind = self._memory, event.get("type")
        if kind == "task_started":
            memory.turn = CodexTurn(is_open=True)
        elif kind == "task_complete":
            # A turn without a prompt that did nothing but compact: `/compact`.
            if memory.is_unprompted and memory.window.pending is not None:
                memory.window.pending.trigger = "manual"
            memory.turn, memory.is_unprompted = CodexTurn(), False
        elif kind == "token_count":
            if memory.at is not None and not memory.is_replay:
                told = codex_limits(event.get("rate_limits"), memory.at)
                self._limits = told or self._limits
            self._token_count(start, dict_at(event, "info"), news)

    def _token_count(
        self, start: int, info: dict[str, Any], news: TranscriptNews
    ) -> None:
        memory = self._memory
        last = dict_at(info, "last_token_usage")
        total = int_at(dict_at(info, "total_token_usage"), "total_tokens")
        pending = memory.window.pending
        if not last.get("input_tokens"):
            if pending is not None and last.get("total_tokens"):
                pending.claimed_after_tokens = int_at(last, "total_tokens")
            return
        if total is None or total == memory.counted_total:
            return  # told again
        memory.counted_total = total
        recorded, memory.recorded = memory.recorded, None
        if recorded is None or recorded.numbers != _numbers(last):
            self._request(start, last, total, "", news)

    def _request(
        self,
        start: int,
        usage: Any,
        total: int | None,
        event_id: str,
        news: TranscriptNews,
    ) -> None:
        """One request; `total` is a running total of the thread, None if not told."""
        try:
            reported = normalise_usage(usage)
        except UsageError:
            news.malformed_lines += 1
            return
        memory, window = self._memory, self._named_window()
        if memory.is_replay:
            window.answer = None
            return
        answer = window.answer or self._begin_answer(start)
        counted_id = f"{memory.thread}:{start if total is None else total}"[:255]
        answer.event_id = valid_key(event_id) or counted_id
        answer.at = memory.at
        implausible = self._implausible(reported)
        if implausible is None and window.pending is not None:
            used, end = reported.used_tokens, answer.start
            tell(self._file, window, used, end, news=news, sets_gauge=False)
            window.pending = None
        if reported.used_tokens or reported.output_tokens:
            report = window.usage_report(
                answer,
                reported,
                origin=ORIGIN,
                window_tokens=memory.model_window_tokens,
                window_source="client",
                compact_at_tokens=memory.compact_at_tokens
                or self._settings.compact_at_tokens,
                implausible=implausible,
            )
            news.add_usage(replace(report, plan_limits=self._limits))
            memory.requests = [
                *memory.requests[-1:],
                (answer.event_id, reported.used_tokens),
            ]
        memory.turn.requests += 1
        memory.has_asked = True
        memory.is_unprompted = False
        window.answer = None

    def _implausible(self, usage: ReportedUsage) -> str | None:
        if not usage.used_tokens:
            return "zero_input"
        turn, before = self._memory.turn, self._memory.window.used_tokens
        # The client asks for its summary in a turn that has no input of its own. Such
        # a request holds all that is to be compacted, unless it was cut down.
        asks_for_summary = turn.is_open and not turn.has_input and not turn.requests
        if asks_for_summary and usage.used_tokens < (before or 0):
            return "helper_call"
        return None

    def _compacted(
        self, start: int, payload: dict[str, Any], news: TranscriptNews
    ) -> None:
        memory, window = self._memory, self._named_window()
        items = replacement(payload)
        if memory.is_replay:
            window.clear(start)
        else:
            self.flush(news)
            window.compact(compaction_of(memory, start, payload))
        window.system_tokens, memory.is_calling = memory.base_tokens, False
        if any(map(tools_tokens, items)):
            window.tools_tokens = 0
        summary = text_at(payload, "message")
        for item in items:
            self._count(item, summary=summary)

    def _learn_settings(self, told: dict[str, Any]) -> None:
        """The window and the compaction's trigger, where a line tells them."""
        memory = self._memory
        told = dict_at(told, "info") or told
        window = int_at(told, "model_context_window")
        memory.model_window_tokens = window or memory.model_window_tokens
        trigger = int_at(told, "model_auto_compact_token_limit")
        memory.compact_at_tokens = trigger or memory.compact_at_tokens

    def _named_window(self) -> Window:
        """The window, under the file's name where no head gave a thread."""
        self._memory.begin({}, self._file.name)
        return self._memory.window


def _numbers(usage: dict[str, Any]) -> list[int | None]:
    """What tells one request from the next; both kinds of lines say it."""
    return [int_at(usage, name) for name in ("input_tokens", "output_tokens")]
