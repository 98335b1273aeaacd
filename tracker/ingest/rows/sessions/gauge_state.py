"""The present state of one session, as the Recorder keeps it between transactions."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from tracker.domain.budget.status import BudgetStatus, crossing
from tracker.domain.reports import MAIN_LANE, CompressionReport, Parts, UsageReport
from tracker.ingest.arrivals import FiredEvent
from tracker.models.sessions import PART_COLUMNS

METADATA_BYTES = 8_192  # as JSON, as for one report
# Columns of OccupancyFields, in the order they are read and written.
OCCUPANCY = (
    "model",
    "used_tokens",
    *PART_COLUMNS,
    "source",
    "parts_source",
    "message_count",
    "output_tokens",
    "window_tokens",
    "window_source",
    "available_tokens",
    "policy_name",
    "used_ratio",
    "level",
    "event_level",
    "first_at",
    "last_at",
    "sample_count",
)


@dataclass(slots=True)
class Gauge:
    """What one lane's window holds now. Tokens; times are aware and UTC."""

    model: str = ""
    used_tokens: int = 0
    parts: Parts = Parts()
    source: str = ""
    parts_source: str = ""
    message_count: int | None = None
    output_tokens: int | None = None
    window_tokens: int = 200_000
    window_source: str = "default"
    available_tokens: int = 196_000
    policy_name: str = "default"
    level: str = "ok"
    event_level: str = "ok"
    first_at: datetime | None = None
    last_at: datetime | None = None
    sample_count: int = 0

    def take(self, report: UsageReport, status: BudgetStatus, at: datetime) -> None:
        """Show this report's numbers: it is the newest of the lane."""
        self.model = report.model or self.model
        self.parts_source = report.parts_source
        self.message_count = report.message_count
        self.output_tokens = report.output_tokens
        self.last_at = at
        self.show(status)

    def show(self, status: BudgetStatus) -> None:
        limits = status.limits
        self.used_tokens = status.used_tokens
        self.parts = status.parts
        self.source = status.source
        self.window_tokens = limits.window_tokens
        self.window_source = status.window_source
        self.available_tokens = limits.available_tokens
        self.policy_name = status.policy
        self.level = status.level

    def columns(self) -> tuple[Any, ...]:
        """The values of OCCUPANCY."""
        parts = self.parts
        return (
            self.model,
            self.used_tokens,
            parts.system,
            parts.history,
            parts.user_context,
            parts.tools,
            parts.unattributed,
            self.source,
            self.parts_source,
            self.message_count,
            self.output_tokens,
            self.window_tokens,
            self.window_source,
            self.available_tokens,
            self.policy_name,
            self.used_tokens / self.available_tokens,
            self.level,
            self.event_level,
            self.first_at,
            self.last_at,
            self.sample_count,
        )

    @classmethod
    def from_columns(cls, row: tuple[Any, ...]) -> Gauge:
        # Of the columns only `used_ratio` is no field.
        own = (*row[:2], Parts(*row[2:7]), *row[7:15], *row[16:])
        return cls(*own)


@dataclass(slots=True)
class SessionState:
    """A session's row and its lanes. `counted_level` is the level under which the
    project's counters hold it; a new session is under none yet.
    """

    id: int
    project_id: int
    key: str
    title: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    origin: str = "api"
    event_count: int = 0
    compression_count: int = 0
    saved_tokens: int = 0
    last_compression_at: datetime | None = None
    created_at: datetime | None = None
    compact_at_tokens: int | None = None
    counted_level: str = "ok"
    is_new: bool = False
    is_stored: bool = True  # False: it has an id, and no row yet
    is_dropped: bool = False  # out of date: read the row anew, if it is there
    gauge: Gauge = field(default_factory=Gauge)
    lanes: dict[str, Gauge] = field(default_factory=dict)
    metadata_text: str = "{}"  # as stored
    is_described: bool = False  # title or metadata are other ones than those stored

    def take_description(self, report: UsageReport | CompressionReport) -> None:
        """Title and metadata as this report has them."""
        if report.title and report.title[:255] != self.title:
            self.title = report.title[:255]
            self.is_described = True
        if report.metadata and not report.metadata.items() <= self.metadata.items():
            self.describe(report.metadata)
        if self.is_new:
            self.origin = report.origin

    def describe(self, metadata: dict[str, Any]) -> None:
        """Add to the metadata; newer values win, and the oldest make room."""
        self.metadata = merged(self.metadata, metadata)
        self.metadata_text = json.dumps(self.metadata)
        self.is_described = True

    def cross(
        self, status: BudgetStatus, *, at: datetime, event_id: str
    ) -> list[FiredEvent]:
        """The event that this status of the main lane fires, if any. Each change of the
        level fires once.
        """
        limits, used = status.limits, status.used_tokens
        crossed = crossing(self.gauge.event_level, used, limits)
        if crossed is None:
            return []
        self.gauge.event_level = crossed[1]
        self.event_count += 1
        where = (self.project_id, self.id, event_id, at)
        available = limits.available_tokens
        return [FiredEvent(*where, *crossed, used, available, status.policy)]

    @property
    def began_at(self) -> datetime:
        """When its first report was made, in whichever lane."""
        gauges = (self.gauge, *self.lanes.values())
        firsts = [gauge.first_at for gauge in gauges if gauge.first_at]
        return min(firsts, default=self.created_at or datetime.now(UTC))

    def gauge_of(self, lane: str) -> Gauge:
        if lane == MAIN_LANE:
            return self.gauge
        found = self.lanes.get(lane)
        if found is None:
            found = self.lanes[lane] = Gauge()
        return found


def merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Both, at most METADATA_BYTES as JSON; of one key the newer value stays.

    What does not fit is left out: first the oldest of `old`, then the end of `new`.
    """
    whole = {key: value for key, value in old.items() if key not in new} | new
    if _size(whole) <= METADATA_BYTES:
        return whole
    kept: dict[str, Any] = {}
    room = METADATA_BYTES - 2
    older = [(key, value) for key, value in old.items() if key not in new]
    for key, value in [*new.items(), *reversed(older)]:
        size = _size({key: value}) - 1  # a brace less, a comma more
        if size <= room:
            kept[key] = value
            room -= size
    # In the order they came, so that the oldest is the next one to go.
    return {key: value for key, value in whole.items() if key in kept}


def _size(metadata: dict[str, Any]) -> int:
    return len(msgspec.json.encode(metadata))
