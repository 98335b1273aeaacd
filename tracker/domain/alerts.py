"""Alert rules: what they wait for, and when a message has to wait.

A rule sends one message per crossing. Threshold events have their margin already
(`budget.status.crossing`), so a session that hovers around a level does not flap.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from fnmatch import fnmatchcase
from typing import Any
from zoneinfo import ZoneInfo

from tracker.domain.budget.status import LEVEL_RANK

KINDS = {
    "level": "a session reaches a level",
    "event": "a session crosses any threshold, up or down",
    "lost": "a compression loses an instruction",
    "score": "a compression scores below a number",
    "missed": "a compression misses its target",
    "suspected": "a compression is suspected",
    "flagged": "a reviewer flags a compression",
    "silent": "no report came for a number of minutes",
    "diverging": "counted tokens and reported ones differ",
    "stopped": "the gateway stops a session at its budget",
    "spend": "the cost of a month passes a number of dollars",
}
# Reports older than this, as from an import of old transcripts, send no alert.
NEWS_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Happening:
    """What a rule is asked about. `kind` is "event", "compression", "flagged" or
    "stopped".
    """

    kind: str
    at: datetime
    model: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    from_level: str = "ok"
    to_level: str = "ok"
    score: float | None = None
    trigger: str = ""
    missed_target: bool = False
    lost_instructions: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """`number` is the score of "score" (0 to 1), the minutes of "silent" or the US
    dollars of "spend". An empty model pattern or metadata key matches everything.
    """

    id: int
    channel_id: int
    name: str
    kind: str
    level: str = "critical"
    number: float | None = None
    model_pattern: str = ""
    metadata_key: str = ""
    metadata_value: str = ""
    quiet_from: time | None = None
    quiet_until: time | None = None
    zone: str = "UTC"
    digest_at: time | None = None

    def is_gathered(self, *, is_urgent: bool) -> bool:
        """Whether a message waits to be told with others in one, once a day."""
        return self.digest_at is not None and not is_urgent

    def matches(self, what: Happening, now: datetime) -> bool:
        return now - what.at <= NEWS_FOR and self._wants(what) and self._filters(what)

    def _wants(self, what: Happening) -> bool:
        if self.kind == "level":
            rank = LEVEL_RANK[self.level]
            return LEVEL_RANK[what.from_level] < rank <= LEVEL_RANK[what.to_level]
        if self.kind in ("event", "flagged", "stopped"):
            return what.kind == self.kind
        if what.kind != "compression":
            return False
        if self.kind == "score":
            return what.score is not None and what.score < (self.number or 0)
        if self.kind == "lost":
            return what.lost_instructions > 0
        if self.kind == "missed":
            return what.missed_target
        return self.kind == "suspected" and what.trigger == "suspected"

    def _filters(self, what: Happening) -> bool:
        pattern = self.model_pattern.lower()
        if pattern and not fnmatchcase(what.model.lower(), pattern):
            return False
        if not self.metadata_key:
            return True
        return str(what.metadata.get(self.metadata_key, "")) == self.metadata_value

    def due(self, now: datetime, *, is_urgent: bool = False) -> datetime:
        """When a message may go out: now, or at the end of the quiet hours. A session
        that exceeds its budget is urgent and never waits.

        Quiet from 22:00 to 07:00: what happens at 23:10 is due at 07:00. With a digest
        at 09:00 it is due at 09:00, whenever it happens.
        """
        if is_urgent:
            return now
        if self.digest_at is not None:
            return self._next(self.digest_at, now)
        if self.quiet_from is None or self.quiet_until is None:
            return now
        here = now.astimezone(ZoneInfo(self.zone))
        start, end, present = self.quiet_from, self.quiet_until, here.time()
        is_quiet = (
            start <= present < end
            if start <= end
            else present >= start or present < end
        )
        if not is_quiet:
            return now
        return self._next(end, now)

    def _next(self, clock: time, now: datetime) -> datetime:
        """When clocks in the rule's zone show this time next."""
        here = now.astimezone(ZoneInfo(self.zone))
        over = here.replace(
            hour=clock.hour, minute=clock.minute, second=clock.second, microsecond=0
        )
        if over <= here:
            over += timedelta(days=1)
        return over.astimezone(now.tzinfo)
