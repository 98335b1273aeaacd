"""Claude Code transcripts (versions 1.0 to 2.1): requests, lanes, compactions.

The traps: one message spans several lines, and several requests may bear one message
id; a sub-agent's requests stand in `progress` lines, in files of their own or in
sidechain lines, and belong to its own lane; a fork begins with a copy of the history
it goes on from, whose requests were made, and paid for, in another session.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import msgspec

from tracker.domain.lanes import agent_lane
from tracker.domain.providers.reported_usage import normalise_usage
from tracker.domain.providers.usage_numbers import UsageError
from tracker.domain.reports import MAIN_LANE
from tracker.sources.transcripts.claude_code.asides import HELPER_CALL, aside_of
from tracker.sources.transcripts.claude_code.compactions import (
    compaction_of,
    is_inherited,
    settle,
    settle_by_estimate,
    tell_continuation,
)
from tracker.sources.transcripts.claude_code.filling import (
    fill_answer,
    fill_attachment,
    fill_prompt,
    fill_tools,
)
from tracker.sources.transcripts.claude_code.lines import (
    CLEARED,
    DECODER,
    SNAPSHOT,
    Line,
    Message,
    attached_tokens,
    content_tokens,
    origin_of,
    said_by,
    snapshot_tokens,
    text_of,
)
from tracker.sources.transcripts.claude_code.requests import Request, is_same
from tracker.sources.transcripts.claude_code.samples import begin_answer, report
from tracker.sources.transcripts.claude_code.sessions import (
    SessionMemory,
    agent_metadata,
)
from tracker.sources.transcripts.claude_code.windows import ClientWord
from tracker.sources.transcripts.client_settings import claude_code_settings
from tracker.sources.transcripts.following.growing_file import GrowingFile
from tracker.sources.transcripts.following.news import TranscriptNews
from tracker.sources.transcripts.json_lines import decode_line
from tracker.sources.transcripts.titles import prompt_title
from tracker.sources.transcripts.turns import MICROCOMPACT, in_utc
from tracker.sources.transcripts.window import Window


class Elders(Protocol):
    """The sessions this one may have copied its beginning from (copies.py)."""

    def have(
        self, session: str, message_id: str | None, request_id: str | None
    ) -> bool: ...


class ClaudeCodeLog:
    """Understands the lines of one transcript, one after the other."""

    def __init__(
        self, file: GrowingFile, state: Any = None, *, elders: Elders | None = None
    ) -> None:
        self._file = file
        self._elders = elders
        try:
            self._memory = msgspec.convert(state or {}, SessionMemory)
        except msgspec.ValidationError:
            self._memory = SessionMemory()
        self._memory.own_agent = agent_metadata(file.path)
        self._settings = claude_code_settings(Path(file.path))

    @property
    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = msgspec.to_builtins(self._memory)
        return state

    def compose(self, news: TranscriptNews) -> None:
        """Tell what fills each window that had a request in `news`."""
        for window in self._memory.windows.values():
            window.compose(news)

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
            self._system_line(start, line, news)
        elif line.type == "api-request":
            self._memory.remember_source(line)
            line.is_sidechain = bool(line.agent_id)  # these lines do not say it
            window = self._memory.window_of(line, start, self._file.name)
            self._memory.word_of(window).hear(line)
        else:
            self._observe(line)
            self._memory.name_session(line, self._file.name)

    def flush(self, news: TranscriptNews, *, later: bool = False) -> None:
        """Report each compaction that no request has followed, with an estimate."""
        for window in self._memory.windows.values():
            settle_by_estimate(self._file, window, news)
            tell_continuation(self._file, window, news, later=later)

    def _time(self, at: datetime | None) -> datetime | None:
        """In UTC; a line without a time gets that of the last line that had one."""
        self._memory.at = in_utc(at) or self._memory.at
        return self._memory.at

    def _agent_line(self, start: int, line: Line, news: TranscriptNews) -> None:
        """A sub-agent's message as its parent's transcript reports it."""
        self._observe(line)
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
            version=line.version,
            request_session_id=line.request_session_id,
            forked_from=line.forked_from,
            message=inner.message,
        )
        task = self._memory.tasks.get(line.parent_tool_use_id or "")
        if task:
            self._memory.agents[agent_lane(data.agent_id)] = task
        self._spoken_line(start, spoken, news)

    def _observe(self, line: Line) -> None:
        """Remember a line without a message: others of the talk may follow it."""
        window = self._memory.main_window(line.session_id)
        if line.uuid and window is not None and not line.is_sidechain:
            self._memory.branches_of(window).observe(line, window)

    def _clear(self, start: int, line: Line, news: TranscriptNews) -> None:
        """A person emptied the window, as when a plan is carried out afresh."""
        window = self._memory.main_window(line.session_id)
        if window is not None and window.message_count:
            settle_by_estimate(self._file, window, news)
            window.clear(start)
            window.begins_anew = True
            self._memory.branches_of(window).begin(line.uuid)

    def _spoken_line(self, start: int, line: Line, news: TranscriptNews) -> None:
        window = self._memory.window_of(line, start, self._file.name)
        word = self._memory.word_of(window)
        word.hear(line)
        self._memory.branches_of(window).observe(line, window)
        message = said_by(line)
        if message is None:
            if line.type == "attachment":
                _attach(line, window)
        elif line.type == "assistant":
            self._answer(start, line, message, window, word, news)
        else:
            self._prompt(line, message, window)

    def _prompt(self, line: Line, message: Message, window: Window) -> None:
        tokens = content_tokens(message.content)
        window.add_message(tokens)
        fill_prompt(window.filling, line, message, tokens)
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
        word: ClientWord,
        news: TranscriptNews,
    ) -> None:
        """One line of an assistant message; all lines of a message are one request."""
        usage = None
        if message.usage:
            try:
                usage = normalise_usage(message.usage)
            except UsageError:
                news.malformed_lines += 1
        request = Request(start, line, message, usage)
        answer = window.answer
        if answer is None or not is_same(answer, request):
            is_copy = self._is_copy(line, message, window.session)
            aside = None
            if not is_copy:
                aside = aside_of(self._file, self._memory, window, request)
            if aside is None:
                self._before_answer(request, window, news, is_copy=is_copy)
            answer = begin_answer(window, request, aside=aside, is_copy=is_copy)
        elif request.used_tokens and answer.settles(window.pending):
            # Its first line had no numbers yet.
            used, begin = request.used_tokens, answer.start
            settle(self._file, window, used, start=begin, news=news)
        if answer.aside != HELPER_CALL:
            tokens = content_tokens(message.content)
            window.history_tokens += tokens
            fill_answer(window.filling, message, tokens)
        self._memory.remember_tasks(message.content)
        if request.has_numbers:
            report(window, answer, request, word, self._settings, news)

    def _is_copy(self, line: Line, message: Message, session: str) -> bool:
        """Whether another session asked for this, and has it in its own file."""
        if origin_of(line):
            return True
        elders = self._elders
        return elders is not None and elders.have(session, message.id, line.request_id)

    def _before_answer(
        self, request: Request, window: Window, news: TranscriptNews, *, is_copy: bool
    ) -> None:
        """The conversation continues here: report what waited for that."""
        branches = self._memory.branches_of(window)
        name, used = request.line.uuid, request.used_tokens
        if name is not None and name in branches.side:
            window.begins_anew = window.begins_anew or used < (window.used_tokens or 0)
        branches.begin(name)
        if is_copy:
            window.pending = None  # the compaction was the other session's, too
        elif used:
            settle(self._file, window, used, start=request.start, news=news)

    def _system_line(self, start: int, line: Line, news: TranscriptNews) -> None:
        compaction = compaction_of(start, line)
        if compaction is None:
            self._observe(line)
            return
        window = self._memory.window_of(line, start, self._file.name)
        if compaction.strategy == MICROCOMPACT:
            if window.pending is None and not origin_of(line):
                window.thin_out(compaction)
            return
        self._memory.branches_of(window).begin(line.uuid)
        if is_inherited(line, window):
            window.clear(start)
            return
        if line.compact_metadata is not None:
            word = self._memory.word_of(window)
            word.hear_compaction(line.compact_metadata, window.model)
        settle_by_estimate(self._file, window, news)
        window.compact(compaction)


def _attach(line: Line, window: Window) -> None:
    """What the client put in: the system prompt and the tools, or the surroundings."""
    attachment = line.attachment
    if not isinstance(attachment, dict) or attachment.get("type") != SNAPSHOT:
        shown = line.rendered if isinstance(line.rendered, list) else attachment
        tokens = attached_tokens(shown)
        window.user_context_tokens += tokens
        fill_attachment(window.filling, attachment, tokens)
        return
    system, tools = snapshot_tokens(attachment)
    window.system_tokens = system or window.system_tokens
    window.tools_tokens = tools or window.tools_tokens
    fill_tools(window.filling, attachment)
