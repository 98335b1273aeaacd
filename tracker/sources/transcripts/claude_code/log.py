"""Claude Code transcripts (versions 1.0 to 2.1): requests, lanes, compactions.

The traps: one message spans several lines; a sub-agent's requests stand in `progress`
lines, in files of their own or in sidechain lines, and belong to its own lane; a
resumed session repeats history under a new session id. There each session keeps its
own samples: `event_id` is unique within a session only.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from tracker.domain.providers.catalogue import window_of
from tracker.domain.providers.model_names import is_long_context
from tracker.domain.providers.reported_usage import (
    ReportedUsage,
    UsageError,
    normalise_usage,
)
from tracker.domain.reports import MAIN_LANE
from tracker.sources.transcripts.claude_code.compactions import (
    ORIGIN,
    compaction_of,
    settle,
    settle_by_estimate,
    tell_continuation,
)
from tracker.sources.transcripts.claude_code.lines import (
    CLEARED,
    DECODER,
    Line,
    Message,
    attached_tokens,
    content_tokens,
    said_by,
    text_of,
)
from tracker.sources.transcripts.claude_code.messages import agent_lane
from tracker.sources.transcripts.claude_code.sessions import (
    SessionMemory,
    agent_metadata,
)
from tracker.sources.transcripts.growing_file import GrowingFile
from tracker.sources.transcripts.json_lines import decode_line
from tracker.sources.transcripts.news import TranscriptNews
from tracker.sources.transcripts.titles import prompt_title, title_of
from tracker.sources.transcripts.window import (
    MICROCOMPACT,
    Answer,
    Window,
    in_utc,
    valid_key,
)

USUAL_WINDOW = 200_000


class ClaudeCodeLog:
    """Understands the lines of one transcript, one after the other."""

    def __init__(self, file: GrowingFile, state: Any = None) -> None:
        self._file = file
        try:
            self._memory = msgspec.convert(state or {}, SessionMemory)
        except msgspec.ValidationError:
            self._memory = SessionMemory()
        self._memory.own_agent = agent_metadata(file.path)

    @property
    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = msgspec.to_builtins(self._memory)
        return state

    @property
    def titles(self) -> dict[str, str]:
        return {key: title.best for key, title in self._memory.titles.items()}

    def read_line(self, start: int, raw: bytes, news: TranscriptNews) -> None:
        line = decode_line(raw, DECODER)
        if line is None:
            news.malformed_lines += 1
            return
        line.timestamp = self._time(line.timestamp)
        if line.type == "progress" and line.data and line.data.hook_name == CLEARED:
            self._clear(start, line, news)
        elif line.type == "progress":
            self._agent_line(start, line, news)
        elif line.type in ("user", "assistant", "attachment"):
            self._spoken_line(start, line, news)
        elif line.type == "system":
            self._boundary(start, line, news)
        else:
            self._memory.name_session(line, self._file.path.stem)

    def flush(self, news: TranscriptNews) -> None:
        """Report each compaction that no request has followed, with an estimate."""
        for window in self._memory.windows.values():
            settle_by_estimate(self._file, window, news)
            tell_continuation(self._file, window, news)

    def _time(self, at: datetime | None) -> datetime | None:
        """In UTC; a line without a time is of the time of the last one that had."""
        self._memory.at = in_utc(at) or self._memory.at
        return self._memory.at

    def _agent_line(self, start: int, line: Line, news: TranscriptNews) -> None:
        """A sub-agent's message as its parent's transcript reports it."""
        data = line.data
        if data is None or not data.agent_id or data.message is None:
            return
        inner = data.message
        spoken = Line(
            type=inner.type,
            session_id=line.session_id,
            uuid=inner.uuid,
            timestamp=self._time(inner.timestamp) or line.timestamp,
            request_id=inner.request_id,
            agent_id=data.agent_id,
            is_sidechain=True,
            message=inner.message,
        )
        task = self._memory.tasks.get(line.parent_tool_use_id or "")
        if task:
            self._memory.agents[agent_lane(data.agent_id)] = task
        self._spoken_line(start, spoken, news)

    def _clear(self, start: int, line: Line, news: TranscriptNews) -> None:
        """A person emptied the window, as when a plan is carried out afresh."""
        window = self._memory.main_window(line.session_id)
        if window is not None and window.message_count:
            settle_by_estimate(self._file, window, news)
            window.clear(start)
            window.begins_anew = True

    def _spoken_line(self, start: int, line: Line, news: TranscriptNews) -> None:
        window = self._memory.window_of(line, start, self._file.path.stem)
        message = said_by(line)
        if message is None:
            if line.type == "attachment":
                window.user_context_tokens += attached_tokens(line.attachment)
        elif line.type == "assistant":
            self._answer(start, line, message, window, news)
        else:
            self._prompt(line, message, window)

    def _prompt(self, line: Line, message: Message, window: Window) -> None:
        window.add_message(content_tokens(message.content))
        if line.is_compact_summary:
            if window.pending is not None:
                window.pending.summary = text_of(message.content)
        elif window.lane == MAIN_LANE and not line.is_meta:
            title = self._memory.titles[window.session]
            title.prompt = title.prompt or prompt_title(message.content)

    def _answer(
        self,
        start: int,
        line: Line,
        message: Message,
        window: Window,
        news: TranscriptNews,
    ) -> None:
        """One line of an assistant message: its first one stands for the request."""
        usage = None
        if message.usage:
            try:
                usage = normalise_usage(message.usage)
            except UsageError:
                news.malformed_lines += 1
        answer = window.answer
        name = message.id or line.request_id or ""
        if answer is None or not name or answer.message_id != name:
            if usage is not None and usage.used_tokens:
                settle(self._file, window, usage.used_tokens, start=start, news=news)
            answer = window.begin_answer(
                message_id=name,
                event_id=_event_id(start, line, message),
                at=line.timestamp,
                start=start,
            )
            window.message_count += 1
            window.model = title_of(message.model or window.model, 200)
        window.history_tokens += content_tokens(message.content)
        self._memory.remember_tasks(message.content)
        if usage is not None and usage.used_tokens:
            _report(window, answer, usage, news)

    def _boundary(self, start: int, line: Line, news: TranscriptNews) -> None:
        compaction = compaction_of(start, line)
        if compaction is None:
            return
        window = self._memory.window_of(line, start, self._file.path.stem)
        if compaction.strategy != MICROCOMPACT:
            settle_by_estimate(self._file, window, news)
            window.compact(compaction)
        elif window.pending is None:
            window.thin_out(compaction)


def _report(
    window: Window, answer: Answer, usage: ReportedUsage, news: TranscriptNews
) -> None:
    """Add the request, unless it was told with this output already."""
    output = usage.output_tokens or 0
    if output <= answer.output_tokens:
        return
    answer.output_tokens = output
    most = max(window.most_used_tokens, usage.used_tokens)
    news.add_usage(
        window.usage_report(
            answer,
            usage,
            origin=ORIGIN,
            window_tokens=client_window(window.model, most),
        )
    )


def client_window(model: str, most_used_tokens: int) -> int | None:
    """The window Claude Code itself works with, where it is not the model's.

    It compacts at about 167,000 tokens (all four compactions of real transcripts),
    also with models of a million, unless the name ends in [1m]. A session that has
    held more than 200,000 shows that it may. None leaves it to the catalogue.
    """
    known = window_of(model)
    if known is None or known <= USUAL_WINDOW or is_long_context(model):
        return None
    return USUAL_WINDOW if most_used_tokens <= USUAL_WINDOW else None


def _event_id(start: int, line: Line, message: Message) -> str:
    for name in (line.request_id, message.id, line.uuid):
        if valid_key(name):
            return str(name)
    return f"at-{start}"
