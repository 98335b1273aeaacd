"""What a lane's context window holds, as far as its transcript tells: running sums.

The sums are kept, not the messages: a compression's messages are read again from
their place in the file. So memory and saved state stay small, and time linear.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from tracker.domain.composition.filling import Filling
from tracker.domain.counting.counters import BY_CHARACTERS
from tracker.domain.counting.inferring import infer_parts
from tracker.domain.providers.reported_usage import ReportedUsage
from tracker.domain.reports import (
    MAIN_LANE,
    CompressionReport,
    Parts,
    UsageReport,
    attribute,
)
from tracker.sources.transcripts.following.news import TranscriptNews
from tracker.sources.transcripts.turns import MICROCOMPACT, Answer, Compaction


class Window(msgspec.Struct):
    """One lane of one session. Token sums are estimates; `used_tokens` is reported."""

    session: str
    lane: str = MAIN_LANE
    start: int = 0
    carried: list[int] = []
    system_tokens: int = 0
    history_tokens: int = 0
    user_context_tokens: int = 0
    tools_tokens: int = 0
    message_count: int = 0
    model: str = ""
    used_tokens: int | None = None
    most_used_tokens: int = 0
    overhead_tokens: int | None = None  # the least that ever was not in counted text
    answer: Answer | None = None
    pending: Compaction | None = None
    agent: dict[str, str] = {}
    place: dict[str, str] = {}  # as `place_of` gives it
    is_compacted: bool = False  # what it holds begins with a compaction
    begins_anew: bool = False  # a person emptied it, and no request followed yet
    filling: Filling = msgspec.field(default_factory=Filling)
    # As the newest answer's request held it, until that is reported; and as the newest
    # report's request held it, until the reading ends (`compose`).
    asked: Filling | None = None
    told: Filling | None = None

    def add_message(self, tokens: int) -> None:
        self.message_count += 1
        self.history_tokens += tokens

    def hold(self, answer: Answer) -> None:
        """Note what fills the window with which `answer` was asked for."""
        answer.added = self.filling.take_added()
        self.asked = self.filling.held()

    def compose(self, news: TranscriptNews) -> None:
        """Give its newest request in `news` what fills the window: once a reading, not
        with each request.
        """
        if self.told is not None and self.told.cells:
            news.compose(self.session, self.lane, self.told.packed())
        self.told = None

    def begin_answer(
        self, *, message_id: str, event_id: str, at: datetime | None, start: int
    ) -> Answer:
        """Remember the window as it was sent; the answer itself is not in it yet."""
        self.answer = Answer(
            message_id=message_id,
            event_id=event_id,
            at=at,
            history_tokens=self.history_tokens,
            user_context_tokens=self.user_context_tokens,
            system_tokens=self.system_tokens,
            tools_tokens=self.tools_tokens,
            message_count=self.message_count,
            start=start,
        )
        return self.answer

    def usage_report(
        self,
        answer: Answer,
        usage: ReportedUsage,
        *,
        origin: str,
        model: str | None = None,
        window_tokens: int | None = None,
        window_source: str = "",
        compact_at_tokens: int | None = None,
        implausible: str | None = None,
    ) -> UsageReport:
        """The sample of the request that `answer` answers.

        An implausible one leaves the window as it is.
        """
        counted = Parts(
            system=answer.system_tokens,
            history=answer.history_tokens,
            user_context=answer.user_context_tokens,
            tools=answer.tools_tokens,
        )
        rest = max(0, usage.used_tokens - counted.total)
        if implausible is None:
            self._holds(usage.used_tokens, uncounted=rest)
            self.told, self.asked = self.asked or self.told, None
            answer.begins_anew = answer.begins_anew or self.begins_anew
            self.begins_anew = False
            hidden = self.overhead_tokens
            parts, is_inferred = infer_parts(usage.used_tokens, counted, hidden)
        else:  # a request outside the conversation: its content is not known
            parts, is_inferred = attribute(usage.used_tokens, counted), False
        return UsageReport(
            session=self.session,
            used_tokens=usage.used_tokens,
            parts=parts,
            source="reported",
            parts_source="inferred" if is_inferred else "estimated",
            event_id=answer.event_id,
            at=answer.at,
            model=self.model if model is None else model,
            lane=self.lane,
            message_count=answer.message_count,
            window_tokens=window_tokens,
            window_source=window_source if window_tokens is not None else "",
            compact_at_tokens=compact_at_tokens,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cache_read_tokens=usage.cache_read_tokens,
            cache_creation_tokens=usage.cache_creation_tokens,
            cache_hour_tokens=usage.cache_hour_tokens or None,
            origin=origin,
            metadata={**self.place, **self.agent} or None,
            # A request that does not show the window teaches nothing.
            counted=counted if implausible is None else None,
            counter=BY_CHARACTERS if implausible is None else "",
            begins_anew=answer.begins_anew,
            implausible=implausible,
            added=answer.added if implausible is None else "",
        )

    def inherit(self, usage: ReportedUsage) -> None:
        """Take the numbers of another session's request that this one copies."""
        counted = self.history_tokens + self.user_context_tokens
        counted += self.system_tokens + self.tools_tokens
        rest = max(0, usage.used_tokens - counted)
        self._holds(usage.used_tokens, uncounted=rest)

    def _holds(self, used_tokens: int, *, uncounted: int) -> None:
        self.used_tokens = used_tokens
        self.most_used_tokens = max(self.most_used_tokens, used_tokens)
        # The estimates fall behind as the window fills, so the least is the truest.
        least = self.overhead_tokens
        self.overhead_tokens = uncounted if least is None else min(uncounted, least)

    def compact(self, compaction: Compaction) -> None:
        """Empty the window; what it held becomes the compaction's before."""
        compaction.start, compaction.carried = self.start, self.carried
        compaction.before_tokens = compaction.before_tokens or self.used_tokens
        compaction.model = self.model
        compaction.composition = self.filling.packed() if self.filling.cells else ""
        self.pending = compaction
        self.clear(compaction.end)
        self.is_compacted = True

    def clear(self, start: int) -> None:
        """Nothing from before this place in the file is in the window any more."""
        self.start, self.carried, self.is_compacted = start, [], False
        self.history_tokens = self.user_context_tokens = self.message_count = 0
        self.answer = None
        self.filling.clear()

    def thin_out(self, compaction: Compaction) -> None:
        """The same for a microcompaction: the messages stay, smaller."""
        compaction.before_tokens, compaction.model = self.used_tokens, self.model
        compaction.composition = self.filling.packed() if self.filling.cells else ""
        self.pending = compaction
        before = compaction.claimed_before_tokens or 0
        saved = before - (compaction.claimed_after_tokens or 0)
        self.history_tokens = max(0, self.history_tokens - saved)

    def after_estimate(self, compaction: Compaction) -> int:
        """What the window holds after a compaction no request has followed yet.

        What the client claims leaves out the system prompt and the tools: what
        never could be attributed is taken to be there still.
        """
        counted = self.history_tokens + self.user_context_tokens
        counted += self.system_tokens + self.tools_tokens
        if compaction.strategy == MICROCOMPACT:
            counted = compaction.claimed_after_tokens or 0
            return min(counted, compaction.before_tokens or counted)
        counted = max(counted, compaction.claimed_after_tokens or 0)
        after = (self.overhead_tokens or 0) + counted
        before = compaction.before_tokens or compaction.claimed_before_tokens
        return after if before is None else min(after, before)

    def compression_report(
        self,
        compaction: Compaction,
        *,
        after_tokens: int,
        origin: str,
        before: list[dict[str, Any]] | None,
        after: list[dict[str, Any]] | None,
        sets_gauge: bool = False,
    ) -> CompressionReport | None:
        """None where nothing says how full the window was before."""
        before_tokens = compaction.before_tokens
        if before_tokens is None:
            before_tokens = compaction.claimed_before_tokens
        if before_tokens is None:
            return None
        return CompressionReport(
            session=self.session,
            before_tokens=before_tokens,
            after_tokens=after_tokens,
            event_id=compaction.event_id,
            at=compaction.at,
            trigger=compaction.trigger,
            strategy=compaction.strategy,
            model=compaction.model or self.model,
            lane=self.lane,
            claimed_before_tokens=compaction.claimed_before_tokens,
            claimed_after_tokens=compaction.claimed_after_tokens,
            summary=compaction.summary,
            before=before,
            after=after,
            sets_gauge=sets_gauge,
            origin=origin,
            metadata=compaction.metadata,
            composition=compaction.composition,
        )
