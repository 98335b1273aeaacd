"""What a client tells of one lane, one thing after the other -> reports."""

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
        # By model: what the client said. It says nothing with requests of its own.
        self._windows: dict[str, int] = {}

    def agent(self, **facts: str) -> None:
        """What its samples say of the agent: type, description."""
        self.window.agent = {name: fact for name, fact in facts.items() if fact}

    def works_in(self, folder: Any, branch: Any = None) -> None:
        """Where its requests are made; what is not said leaves what was."""
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
        """The whole system prompt; told again, it replaces what was."""
        self.window.system_tokens = estimate_tokens(prompt)

    def tools(self, definitions: str) -> None:
        """The JSON of all tool definitions; told again, it replaces what was."""
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

        `output` includes reasoning. `window_tokens` is what the client says its window
        holds, 0 if it does not say: then what it said last of this model holds.
        `implausible` and `partial` are those of `UsageReport`; `is_estimate`: no
        provider said these numbers.
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
        if is_estimate:  # it teaches nothing of how text is counted
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

        `claimed` is what it says the window held before and holds after, 0 if it says
        nothing. `summary` alone stands for `after` where the file has no more.
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
        """Somebody went back: of what was said since the last compaction `messages` are
        left. The next request is smaller by that, and nothing was compressed.
        """
        window = self.window
        del self.messages[self._start :]
        is_compacted = window.is_compacted
        window.clear(len(self.messages))
        window.is_compacted, window.begins_anew = is_compacted, True
        for message in messages:
            self.say(message)

    def flush(self) -> None:
        """Tell a compaction that no request has followed, with an estimate."""
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
