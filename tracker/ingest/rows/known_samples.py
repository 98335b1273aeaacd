"""Samples that are known already, stored or about to be: found and corrected."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tracker.domain.reports import Parts, UsageReport
from tracker.ingest.rows.event_keys import move_key, sample_of
from tracker.ingest.rows.of_session import rows_of
from tracker.ingest.rows.pending import PART_COLUMNS, SAMPLE_COLUMNS, PendingRows
from tracker.ingest.rows.sessions.gauge_state import Gauge, SessionState
from tracker.models import ThresholdEvent, UsageSample

STATUS_LINE_EVENT = "statusline-"  # event ids of Claude Code's status line
# What a report says, and its sample keeps under the same name.
_SAME = (
    "used_tokens", "event_id", "model", "lane", "message_count", "input_tokens",
    "output_tokens", "cache_read_tokens", "cache_creation_tokens", "source",
    "parts_source", "origin", "window_tokens", "window_source",
    "partial", "cache_hour_tokens", "added", "cache_reason",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class KnownSample:
    """`values` are those of SAMPLE_COLUMNS. `pk` is set where it is stored, `place`
    where this transaction has yet to write it.
    """

    values: dict[str, Any]
    at: datetime
    pk: int | None = None
    place: int | None = None

    @property
    def is_late(self) -> bool:
        return bool(self.values["is_late"])

    @property
    def is_told_by_status_line(self) -> bool:
        """Then its event id is none of the provider's."""
        return str(self.values["event_id"]).startswith(STATUS_LINE_EVENT)

    def is_shown_by(self, gauge: Gauge) -> bool:
        """Whether the gauge shows it, or would have if it had been plausible."""
        if self.is_late or gauge.last_at is None or self.at < gauge.last_at:
            return False
        return self.at > gauge.last_at or (
            gauge.used_tokens == self.values["used_tokens"]
        )

    def report(self, session: str) -> UsageReport:
        """The report that it was made of, as far as it is stored."""
        values = self.values
        return UsageReport(
            session=session,
            parts=Parts(*(values[name] for name in PART_COLUMNS)),
            at=self.at,
            implausible=values["implausible"] or None,
            **{name: values[name] for name in _SAME},
        )


def known_sample(
    state: SessionState, event_id: str, pending: PendingRows
) -> KnownSample | None:
    """The sample of this event id; None where it was pruned. Two queries at most."""
    for found in _waiting(state, pending):
        if found.values["event_id"] == event_id:
            return found
    row = sample_of(state, event_id).values("pk", *SAMPLE_COLUMNS).first()
    return _stored(row) if row else None


def samples_of_size(
    state: SessionState,
    used_tokens: int,
    pending: PendingRows,
    *,
    since: datetime,
    until: datetime,
) -> list[KnownSample]:
    """The provider's, of any lane and this size, within these times. One query, none
    for a session that is new in this transaction.
    """
    rows = rows_of(
        UsageSample, state, at__range=(since, until), used_tokens=used_tokens
    )
    stored = () if state.is_new else rows.values("pk", *SAMPLE_COLUMNS)
    found = [_stored(row) for row in stored]
    found += [
        each
        for each in _waiting(state, pending)
        if each.values["used_tokens"] == used_tokens and since <= each.at <= until
    ]
    return [each for each in found if each.values["source"] == "reported"]


def revise(
    known: KnownSample, state: SessionState, pending: PendingRows, row: tuple[Any, ...]
) -> bool:
    """Give the sample these values of SAMPLE_COLUMNS, at the time it has. Answers
    whether any was new.
    """
    values = dict(zip(SAMPLE_COLUMNS, row, strict=True))
    changes = {name: v for name, v in values.items() if v != known.values[name]}
    changes.pop("at", None)
    if not changes:
        return False
    grown = values["used_tokens"] - known.values["used_tokens"]
    if grown:
        pending.correct(state.project_id, known.at, "used_tokens", grown)
    if known.place is not None:
        pending.revise_sample(known.place, changes)
    elif known.pk is not None:
        # With session and time PostgreSQL looks into one week alone.
        rows_of(UsageSample, state, at=known.at, pk=known.pk).update(**changes)
    if "event_id" in changes:
        _rename(known, state, pending, changes["event_id"])
    return True


def _rename(
    known: KnownSample, state: SessionState, pending: PendingRows, event_id: str
) -> None:
    """It is found by its new id from now on; so are the events that it fired."""
    move_key(state, event_id, known.at)
    old = known.values["event_id"]
    events = rows_of(ThresholdEvent, state, event_id=old)
    events.update(event_id=event_id)
    for of, event in pending.events:
        if of is state and event.event_id == old:
            event.event_id = event_id


def _waiting(state: SessionState, pending: PendingRows) -> Iterator[KnownSample]:
    for place, values in pending.samples_of(state):
        at = values["at"]
        if isinstance(at, str):  # as SQLite takes it
            at = datetime.fromisoformat(at).replace(tzinfo=UTC)
        yield KnownSample(values, at, place=place)


def _stored(row: dict[str, Any]) -> KnownSample:
    return KnownSample(row, row["at"].replace(tzinfo=UTC), pk=row.pop("pk"))
