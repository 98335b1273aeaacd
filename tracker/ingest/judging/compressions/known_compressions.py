"""The compressions known of one lane, stored or about to be: find, correct, remove."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Max

from tracker.domain.budget.suspicion import way_of
from tracker.domain.reports import CompressionReport
from tracker.ingest.arrivals import Outcome
from tracker.ingest.rows.event_rows import PendingCompression
from tracker.ingest.rows.of_session import rows_of
from tracker.ingest.rows.pending import PendingRows
from tracker.ingest.rows.sessions.gauge_state import SessionState
from tracker.models import Compression


@dataclass(frozen=True, slots=True)
class KnownCompression:
    """A compression known before: `row` where it is stored, `item` where this
    transaction has yet to write it.
    """

    state: SessionState
    at: datetime
    trigger: str
    origin: str
    event_id: str
    before_tokens: int
    after_tokens: int
    claimed_after_tokens: int | None
    is_own: bool  # the tracker made it
    model: str = ""
    sets_gauge: bool = False
    row: Compression | None = None
    item: PendingCompression | None = None

    @property
    def way(self) -> str:
        return way_of(trigger=self.trigger, origin=self.origin)

    @property
    def saved_tokens(self) -> int:
        return max(0, self.before_tokens - self.after_tokens)


def known_compressions(
    state: SessionState,
    lane: str,
    pending: PendingRows,
    *,
    since: datetime,
    until: datetime | None = None,
) -> list[KnownCompression]:
    """Those that were applied, suspected ones included, oldest first. One query."""
    rows = rows_of(Compression, state, lane=lane, is_advice=False, at__gte=since)
    if until is not None:
        rows = rows.filter(at__lte=until)
    changing = {item.onto.pk for item in pending.compressions if item.onto}
    found = [_stored(state, row) for row in rows if row.pk not in changing]
    for item in pending.compressions:
        is_here = item.state is state and item.report.lane == lane
        is_then = item.at >= since and (until is None or item.at <= until)
        if is_here and is_then and not item.report.is_advice:
            found.append(_waiting(item))
    return sorted(found, key=lambda each: each.at)


def compression_of(
    state: SessionState, event_id: str, pending: PendingRows
) -> KnownCompression | None:
    """The client's own of this event id that was applied; None where it was pruned."""
    for item in pending.compressions:
        if item.state is state and item.report.event_id == event_id:
            return _waiting(item)
    rows = rows_of(Compression, state, event_id=event_id, is_advice=False)
    row = rows.filter(performed_by="client").first()
    return _stored(state, row) if row else None


def _stored(state: SessionState, row: Compression) -> KnownCompression:
    return KnownCompression(
        state,
        row.at,
        row.trigger,
        row.origin,
        row.event_id,
        row.before_tokens,
        row.after_tokens,
        row.claimed_after_tokens,
        row.performed_by == "tracker",
        row.model,
        row.sets_gauge,
        row=row,
    )


def _waiting(item: PendingCompression) -> KnownCompression:
    report = item.report
    return KnownCompression(
        item.state,
        item.at,
        report.trigger,
        report.origin,
        report.event_id or "",
        report.before_tokens,
        report.after_tokens,
        report.claimed_after_tokens,
        report.performed_by == "tracker",
        report.model,
        report.sets_gauge,
        row=item.onto,
        item=item,
    )


def remove(known: KnownCompression, pending: PendingRows) -> None:
    """Remove it: it was no compression."""
    if known.item is not None:
        pending.compressions.remove(known.item)
    if known.row is not None:
        rows_of(Compression, known.state, pk=known.row.pk).delete()
    state = known.state
    state.compression_count -= 1
    state.saved_tokens -= known.saved_tokens
    state.last_compression_at = _newest(state, pending)
    _count(known, pending, compressions=-1, saved_tokens=-known.saved_tokens)


def _newest(
    state: SessionState, pending: PendingRows, *, but: Compression | None = None
) -> datetime | None:
    rows = rows_of(Compression, state, is_advice=False)
    if but is not None:
        rows = rows.exclude(pk=but.pk)
    times = [rows.aggregate(at=Max("at"))["at"]]
    times += [
        item.at
        for item in pending.compressions
        if item.state is state and not item.report.is_advice
    ]
    return max((at for at in times if at is not None), default=None)


def revise(known: KnownCompression, pending: PendingRows, *, after_tokens: int) -> None:
    """Correct how many tokens were left after it."""
    if known.item is not None:
        known.item.report = replace(known.item.report, after_tokens=after_tokens)
    elif known.row is not None:
        rows = rows_of(Compression, known.state, pk=known.row.pk)
        rows.update(after_tokens=after_tokens)
    saved = max(0, known.before_tokens - after_tokens) - known.saved_tokens
    known.state.saved_tokens += saved
    _count(known, pending, saved_tokens=saved)


def rewrite(
    known: KnownCompression,
    pending: PendingRows,
    report: CompressionReport,
    at: datetime,
    outcome: Outcome,
) -> None:
    """Tell it as `report` does, in the row that it has, with a new `seq`."""
    state = known.state
    saved = max(0, report.before_tokens - report.after_tokens)
    state.saved_tokens += saved - known.saved_tokens
    _count(known, pending, compressions=-1, saved_tokens=-known.saved_tokens)
    if known.item is not None:
        pending.compressions.remove(known.item)
    pending.compression(state, report, at, outcome, onto=known.row)
    if at != known.at:
        state.last_compression_at = _newest(state, pending, but=known.row)


def _count(known: KnownCompression, pending: PendingRows, **changes: int) -> None:
    for name, value in changes.items():
        pending.correct(known.state.project_id, known.at, name, value)
