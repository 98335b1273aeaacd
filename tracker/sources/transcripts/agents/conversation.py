"""Turns what a client did in one lane, call by call, into reports."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from tracker.domain.composition.filling import definition_weights
from tracker.domain.conversation.message_pieces import MessageError
from tracker.domain.conversation.messages import message_tokens
from tracker.domain.counting.counters import estimate_tokens
from tracker.domain.providers.reported_usage import ReportedUsage
from tracker.sources.transcripts.following.news import Continuation, TranscriptNews
from tracker.sources.transcripts.place import place_of
from tracker.sources.transcripts.titles import title_of
from tracker.sources.transcripts.turns import Compaction, in_utc, valid_key
from tracker.sources.transcripts.window import Window

Message = dict[str, Any]


class Conversation:
    """One lane of one session: call `say`, `answered` and `compacted` in their order.

    `answered` comes before the `say` of the answer itself: a request's window does not
    hold what it brought. Parts add up to what was used; messages are counted at the
    estimate. Requests come out in the order told; a compaction comes out with the
    first request after it, whose window is its "after".
    """

    def __init__(
        self, session: str, lane: str, origin: str, news: TranscriptNews
    ) -> None:
        self.window = Window(session=session, lane=lane)
        self.messages: list[Message] = []
        self.news = news
        self._origin = origin
        self._start = 0  # of the messages since the last compaction
        # Model -> the window that the client last reported. It reports none with the
        # requests that it makes for itself.
        self._windows: dict[str, int] = {}

    def agent(self, **facts: str) -> None:
        """What its samples say of the agent: type, description."""
        self.window.agent = {name: fact for name, fact in facts.items() if fact}

    def works_in(self, folder: Any, branch: Any = None) -> None:
        """Set folder and branch of the next requests. Without a folder they stay."""
        self.window.place = place_of(folder, branch) or self.window.place

    def say(
        self, message: Message, *, is_context: bool = False, is_summary: bool = False
    ) -> None:
        """One message in OpenAI's chat shape. `is_context`: the client's own words;
        `is_summary`: what a compaction made of earlier ones.
        """
        try:
            count = message_tokens(message, estimate_tokens)
        except MessageError:
            return
        window = self.window
        if message["role"] == "system":
            window.system_tokens += count
            return
        self.messages.append(message)
        if is_context:
            window.user_context_tokens += count
            window.message_count += 1
            window.filling.add(message, count, part="user_context", spoken="context")
        else:
            window.add_message(count)
            spoken = "summaries" if is_summary else "user_text"
            window.filling.add(message, count, spoken=spoken)

    def system(self, prompt: str) -> None:
        """Set the system prompt. A second call replaces the first one."""
        self.window.system_tokens = estimate_tokens(prompt)

    def tools(self, definitions: str) -> None:
        """Set all tool definitions, as JSON. A second call replaces the first one."""
        self.window.tools_tokens = estimate_tokens(definitions)
        self.window.filling.define(definition_weights(_read(definitions)))

    def answered(
        self,
        event_id: str,
        at: datetime | None,
        *,
        fresh: int,
        output: int | None,
        read: int = 0,
        written: int = 0,
        model: str = "",
        window_tokens: int = 0,
        implausible: str | None = None,
        partial: str = "",
        is_estimate: bool = False,
    ) -> None:
        """One request: `fresh` + `read` + `written` is the input, all in tokens.

        `output` includes reasoning. `window_tokens` is the window's size as the client
        reports it; 0 means not reported, and the last one of this model is used.
        `implausible` and `partial` are those of `UsageReport`. `is_estimate`: the
        numbers are not the provider's.
        """
        window = self.window
        window.model = title_of(model, 200) or window.model
        window_tokens = window_tokens or self._windows.get(window.model, 0)
        self._windows[window.model] = window_tokens
        usage = ReportedUsage(
            input_tokens=fresh + read + written,
            output_tokens=output,
            cache_read_tokens=read,
            cache_creation_tokens=written,
            semantics=self._origin,
        )
        if not usage.used_tokens and not output:
            return
        if not usage.used_tokens:
            implausible = implausible or "zero_input"
        key = valid_key(event_id) or f"{self._origin}-{len(self.news.reports)}"
        answer = window.begin_answer(
            message_id="", event_id=key, at=in_utc(at), start=len(self.messages)
        )
        if implausible is None:
            window.hold(answer)
            self._settle(usage.used_tokens)
        report = window.usage_report(
            answer,
            usage,
            origin=self._origin,
            window_tokens=window_tokens or None,
            window_source="client" if window_tokens else "",
            implausible=implausible,
        )
        if is_estimate:  # the calibration must not learn from it
            report = replace(report, source="estimated", counted=None, counter="")
        self.news.add_usage(replace(report, partial=partial) if partial else report)
        window.answer = None

    def compacted(
        self,
        event_id: str,
        at: datetime | None,
        *,
        trigger: str = "auto",
        summary: str = "",
        claimed: tuple[int, int] = (0, 0),
        after: list[Message] | None = None,
    ) -> None:
        """The client replaced what it held by `after`, the messages it says it keeps.

        `claimed` are the tokens before and after, as the client reports them; 0 means
        not reported. If the file has no `after`, the `summary` is all that was kept.
        """
        self.flush()
        window, end = self.window, len(self.messages)
        compaction = Compaction(
            event_id=valid_key(event_id) or f"{self._origin}-compaction-{end}",
            at=in_utc(at),
            trigger="manual" if trigger == "manual" else "auto",
            strategy="compact",
            end=end,
            summary=summary,
            claimed_before_tokens=claimed[0] or None,
            claimed_after_tokens=claimed[1] or None,
        )
        window.compact(compaction)
        compaction.start, self._start = self._start, end
        if after is None and summary:
            after = [{"role": "user", "content": summary}]
        for message in after or []:
            is_summary = bool(summary) and summary in str(message.get("content"))
            self.say(message, is_summary=is_summary)

    def holds_only(self, messages: list[Message]) -> None:
        """A person went back to an earlier message: of those since the last
        compaction only `messages` are left. The next request is smaller, and that
        is no compression.
        """
        window = self.window
        del self.messages[self._start :]
        is_compacted = window.is_compacted
        window.clear(len(self.messages))
        window.is_compacted, window.begins_anew = is_compacted, True
        for message in messages:
            self.say(message)

    def flush(self) -> None:
        """Report the last compaction with an estimate if no request has followed."""
        pending = self.window.pending
        if pending is not None:
            after = pending.claimed_after_tokens or self.window.after_estimate(pending)
            self._tell(pending, after, sets_gauge=True)

    def held(self) -> Continuation | None:
        """The messages since the last compaction; None if there was none."""
        if not self._start:
            return None
        messages = self.messages[self._start :]
        return Continuation(self.window.session, self.window.lane, messages)

    def _settle(self, used_tokens: int) -> None:
        pending = self.window.pending
        if pending is not None:
            self._tell(pending, used_tokens, sets_gauge=False)

    def _tell(self, pending: Compaction, after: int, *, sets_gauge: bool) -> None:
        report = self.window.compression_report(
            pending,
            after_tokens=after,
            origin=self._origin,
            before=self.messages[pending.start : pending.end] or None,
            after=self.messages[pending.end :] or None,
            sets_gauge=sets_gauge,
        )
        self.window.pending = None
        if report is not None:
            self.news.add_compression(report)


def _read(definitions: str) -> Any:
    try:
        return json.loads(definitions)
    except (ValueError, RecursionError):
        return None
