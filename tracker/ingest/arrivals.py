"""What the writer takes (`Arrival`), and what it answers."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, replace
from datetime import datetime

from tracker.domain.budget.status import BudgetStatus
from tracker.domain.forms import form
from tracker.domain.reports import CompressionReport, UsageReport


@dataclass(frozen=True, slots=True)
class Replaced:
    """A usage report stored before, by its session's key and its event id."""

    session: str
    event_id: str


@form(frozen=True, slots=True)
class Arrival:
    """A report, whose it is, and when it reached us (aware, UTC).

    Its report always has an event_id. One is made here for a report that brings none,
    so that a retry of its transaction is known as the same report.

    `replaces` is the same call under another session's name: it is taken back in the
    transaction that stores this one.
    """

    project_id: int
    report: UsageReport | CompressionReport
    received_at: datetime
    api_key_id: int | None = None
    replaces: Replaced | None = None

    def __post_init__(self) -> None:
        if not self.report.event_id:
            named = replace(self.report, event_id=new_event_id())
            object.__setattr__(self, "report", named)

    @property
    def event_id(self) -> str:
        assert self.report.event_id is not None
        return self.report.event_id


def new_event_id() -> str:
    """A time-ordered id, UUID version 7, such as
    `019ac2f0-5b1e-7c3a-9f60-2d1b8e4a7c55`.
    """
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & (1 << 48) - 1) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


@dataclass(slots=True)
class FiredEvent:
    """A threshold event. `seq`, its number within the project, and `id` are 0 until it
    is written; whoever is answered sees them filled.
    """

    project_id: int
    session_id: int
    event_id: str  # of the report that fired it
    at: datetime
    from_level: str
    to_level: str
    used_tokens: int
    available_tokens: int
    policy: str
    seq: int = 0
    id: int = 0


@dataclass(slots=True)
class Outcome:
    """What became of one arrival. `budget` is the present state for a duplicate, else
    the judgement of the report itself; `compression_id` is set for compressions.
    """

    session_id: int
    session: str
    event_id: str
    is_duplicate: bool
    is_late: bool
    budget: BudgetStatus
    events: list[FiredEvent]
    compression_id: int | None = None
    implausible: str | None = None  # why the gauge did not follow the report


@dataclass(frozen=True, slots=True)
class Rejection:
    """A report that cannot be judged or stored: `field` and the rule it breaks.

    `status` is HTTP's: 422 when the report must be corrected, 503 when it may be sent
    again as it is, 401 when its key is no longer good.
    """

    field: str
    message: str
    status: int = 422


Answer = Outcome | Rejection


class Saturated(Exception):
    """The queue is full. Nothing was stored; the caller should come back later."""


class StoreUnavailable(Exception):
    """The database refused or broke off. The message says whether it is known that
    nothing was stored; the caller should come back later.
    """
