"""A session file of any other client, read again when it changed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tracker.domain.reports import UsageReport
from tracker.sources.transcripts.agents.client import Client
from tracker.sources.transcripts.agents.conversations import Conversations
from tracker.sources.transcripts.finding.looks import Look, look_at
from tracker.sources.transcripts.following.news import Report, TranscriptNews

# A file of 50 MB takes 2 s to read: whoever follows it while it grows would do nothing
# else. It is read again after 20 times as long as the last reading took.
REST = 20


class AgentReader:
    """Tells each report of a file once, and again only if its numbers changed.

    The file is read from its start at each change: sessions of these clients are some
    hundred KB, and half of them are rewritten or kept in a database. `state` is JSON;
    a reader that begins with it goes on.
    """

    def __init__(
        self,
        path: Path,
        client: Client,
        *,
        state: Any = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path, self.client, self.format = path, client, client.name
        saved = state if isinstance(state, dict) else {}
        told = saved.get("told")
        self._told: dict[str, list[Any]] = told if isinstance(told, dict) else {}
        self._look: Look | None = None
        self._clock, self._rests_until = clock, float("-inf")
        self._conversations: Conversations | None = None

    @property
    def state(self) -> dict[str, Any]:
        return {"format": self.format, "told": self._told}

    @property
    def offset(self) -> int:
        """Bytes read so far: all of them, or none."""
        return self._look[0] if self._look else 0

    def rests(self) -> bool:
        """Whether it is too early to read again (REST)."""
        return self._clock() < self._rests_until

    def has_changed(self) -> bool:
        return self._now() != self._look

    def read_new(self, max_bytes: int | None = None) -> TranscriptNews:  # noqa: ARG002  # a file is read as a whole, whatever the portion
        """What is new. OSError if the file cannot be read."""
        look = self._now()
        if look == self._look:
            return TranscriptNews(self.path)
        began, told = self._clock(), TranscriptNews(self.path)
        conversations = Conversations(self.client.name, told)
        self.client.read(self.path, conversations)
        told.bytes_read = max(0, look[0] - self.offset)
        told.lines = len(told.reports)
        self._look, self._conversations = look, conversations
        ended = self._clock()
        self._rests_until = ended + REST * (ended - began)
        return self._new(conversations)

    def flush(self, *, later: bool = False) -> TranscriptNews:  # noqa: ARG002  # a state holds no messages
        """The reports that still wait for more lines, when the session is finished."""
        conversations = self._conversations
        if conversations is None:
            return TranscriptNews(self.path)
        conversations.begin_anew(TranscriptNews(self.path))
        conversations.flush()
        return self._new(conversations)

    def _new(self, conversations: Conversations) -> TranscriptNews:
        """The news so far, without what was told before."""
        news = conversations.news
        conversations.compose()
        news.name_sessions(conversations.names)
        news.reports[:] = [report for report in news.reports if self._is_new(report)]
        return news

    def _is_new(self, report: Report) -> bool:
        key = f"{report.session} {report.event_id}"
        numbers = _numbers(report)
        if self._told.get(key) == numbers:
            return False
        self._told[key] = numbers
        return True

    def _now(self) -> Look:
        return look_at(str(self.path), os.stat(self.path))


def _numbers(report: Report) -> list[Any]:
    if isinstance(report, UsageReport):
        return [report.input_tokens, report.output_tokens, report.implausible]
    return [report.before_tokens, report.after_tokens]
