"""What stands at the writing door, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tracker.domain.budget.status import BudgetStatus
from tracker.domain.reports import CompressionReport, UsageReport


@dataclass(frozen=True, slots=True)
class Replaced:
    """A usage report stored before, by its session's key and its event id."""

    session: str
    event_id: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """A report, whose it is, and when it reached us (aware, UTC). What it `replaces`
    is the same call under another session's name: it goes in the same transaction.
    """

    project_id: int
    report: UsageReport | CompressionReport
    received_at: datetime
    api_key_id: int | None = None
    replaces: Replaced | None = None


@dataclass(frozen=True, slots=True)
class FiredEvent:
    """A threshold event as stored. `seq` is its number within the project."""

    id: int
    seq: int
    from_level: str
    to_level: str
    used_tokens: int
    at: datetime

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "seq": self.seq,
            "from_level": self.from_level,
            "to_level": self.to_level,
            "used_tokens": self.used_tokens,
            "at": self.at,
        }


@dataclass(slots=True)
class Outcome:
    """What became of one arrival. `budget` is the present state for a duplicate,
    else the judgement of the report itself; `compression_id` is set for compressions.
    """

    session_id: int
    session: str
    event_id: str
    is_duplicate: bool
    is_late: bool
    budget: BudgetStatus
    events: list[FiredEvent]
    compression_id: int | None = None


@dataclass(frozen=True, slots=True)
class Rejection:
    """A report that cannot be judged: `field` and the rule it breaks."""

    field: str
    message: str
    status: int = 422


Answer = Outcome | Rejection


class Saturated(Exception):
    """The queue is full: nothing was stored, the caller should come back later."""


class StoreUnavailable(Exception):
    """The database refused or broke off: the message says whether it is known that
    nothing was stored. The caller should come back later.
    """
