"""The rows one transaction is about to write, collected while it judges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from tracker.domain.budget.status import BudgetStatus
from tracker.domain.reports import MAIN_LANE, CompressionReport, Parts, UsageReport
from tracker.ingest.arrivals import FiredEvent, Outcome
from tracker.ingest.rows.compressions.composition_rows import Compositions, write_before
from tracker.ingest.rows.compressions.compression_rows import write_compression
from tracker.ingest.rows.event_rows import (
    PendingCompression,
    number,
    write_events,
)
from tracker.ingest.rows.rollup_counts import RollupCounts
from tracker.ingest.rows.sessions.gauge_state import SessionState
from tracker.ingest.rows.sessions.state_rows import write_lanes, write_sessions
from tracker.ingest.rows.sql import db_time, insert_many
from tracker.models import Compression, LLMSession, UsageSample

SAMPLE_COLUMNS = (
    "project_id", "session_id", "lane", "at", "event_id", "model", "used_tokens",
    "system_tokens", "history_tokens", "user_context_tokens", "tools_tokens",
    "unattributed_tokens", "input_tokens", "output_tokens", "cache_read_tokens",
    "cache_creation_tokens", "message_count", "window_tokens", "window_source",
    "available_tokens", "level", "source", "parts_source", "origin", "is_late",
    "is_clock_skewed", "implausible", "partial", "cache_hour_tokens", "added",
    "cache_reason",
)  # fmt: skip
PART_COLUMNS = SAMPLE_COLUMNS[7:12]
USED, IS_LATE = SAMPLE_COLUMNS.index("used_tokens"), SAMPLE_COLUMNS.index("is_late")
MODEL, IMPLAUSIBLE = SAMPLE_COLUMNS.index("model"), SAMPLE_COLUMNS.index("implausible")


def sample_row(
    state: SessionState,
    report: UsageReport,
    status: BudgetStatus,
    *,
    at: datetime,
    is_late: bool,
    is_skewed: bool,
) -> tuple[Any, ...]:
    """The values of SAMPLE_COLUMNS."""
    parts, limits = status.parts, status.limits
    return (
        state.project_id, state.id, report.lane, db_time(at), report.event_id,
        report.model, report.used_tokens, parts.system, parts.history,
        parts.user_context, parts.tools, parts.unattributed,
        report.input_tokens, report.output_tokens, report.cache_read_tokens,
        report.cache_creation_tokens, report.message_count,
        limits.window_tokens, status.window_source, limits.available_tokens,
        status.level, report.source, report.parts_source, report.origin,
        is_late, is_skewed, report.implausible or "", report.partial,
        report.cache_hour_tokens, report.added, report.cache_reason,
    )  # fmt: skip


class PendingRows:
    """The rows of one transaction. Judging adds to it; `write` stores all of them, and
    gives events and compressions their ids and seq.
    """

    def __init__(self) -> None:
        self._samples: list[tuple[Any, ...]] = []
        self._rollups = RollupCounts()
        self._touched: dict[tuple[int, str], SessionState] = {}
        self.statuses: dict[tuple[int, str], tuple[SessionState, BudgetStatus]] = {}
        self.events: list[tuple[SessionState, FiredEvent]] = []
        self.seqs: dict[int, int] = {}  # project -> its last seq, where it moved
        self.compressions: list[PendingCompression] = []
        self.compositions = Compositions()
        # Since when a lane has samples that came after later ones.
        self.late: dict[tuple[int, str], tuple[SessionState, datetime]] = {}

    def sample(
        self,
        state: SessionState,
        report: UsageReport,
        status: BudgetStatus,
        *,
        at: datetime,
        is_late: bool,
        is_skewed: bool,
    ) -> None:
        self._rollups.sample(state.project_id, at, report.used_tokens)
        if is_late:
            self.note_late(state, report.lane, at)
        self._samples.append(
            sample_row(
                state, report, status, at=at, is_late=is_late, is_skewed=is_skewed
            )
        )

    def note_late(self, state: SessionState, lane: str, at: datetime) -> None:
        """A sample of that time came after later ones of its lane."""
        since = self.late.get((state.id, lane), (state, at))[1]
        self.late[state.id, lane] = (state, min(at, since))

    def samples_of(self, state: SessionState) -> Iterator[tuple[int, dict[str, Any]]]:
        """The place and the columns of each that is yet to be written, newest first."""
        for place in range(len(self._samples) - 1, -1, -1):
            row = self._samples[place]
            if row[1] == state.id:
                yield place, dict(zip(SAMPLE_COLUMNS, row, strict=True))

    def revise_sample(self, place: int, changes: Mapping[str, Any]) -> None:
        row = dict(zip(SAMPLE_COLUMNS, self._samples[place], strict=True))
        self._samples[place] = tuple((row | dict(changes)).values())

    def fired(self, state: SessionState, events: Iterable[FiredEvent]) -> None:
        for event in events:
            self._rollups.event(state.project_id, event.at, event.to_level)
            self.events.append((state, event))

    def compression(
        self,
        state: SessionState,
        report: CompressionReport,
        at: datetime,
        outcome: Outcome,
        onto: Compression | None = None,
        held: Parts | None = None,
    ) -> None:
        """`onto` is the row of a poorer report of the same compression. `held` is what
        the gauge showed before it; None where it shows that still.
        """
        item = PendingCompression(
            state, report, at, outcome, onto=onto,
            held=held or state.gauge_of(report.lane).parts,
        )  # fmt: skip
        self.compressions.append(item)
        if not report.is_advice:
            saved = max(0, report.before_tokens - report.after_tokens)
            self._rollups.compression(state.project_id, at, saved)

    def correct(self, project_id: int, at: datetime, name: str, value: int) -> None:
        """Correct an hourly sum. It is written with the others, after the project's row
        is locked.
        """
        self._rollups.add(project_id, at, name, value)

    def touch(
        self, state: SessionState, lane: str, status: BudgetStatus | None
    ) -> None:
        """This lane's row has changed; `status` is its present judgement, if new."""
        self._touched[state.id, lane] = state
        if status is not None:
            self.statuses[state.id, lane] = (state, status)

    def used_tokens(self, state: SessionState, lane: str) -> list[int]:
        """Of this lane's samples that moved its gauge, as they came."""
        return [
            row[USED]
            for row in self._samples
            if row[1] == state.id
            and row[2] == lane
            and not row[IS_LATE]
            and not row[IMPLAUSIBLE]
        ]

    def times_and_models(self, state: SessionState, lane: str) -> list[tuple[Any, str]]:
        """Of the samples of this lane, as they came."""
        return [
            (row[3], row[MODEL])
            for row in self._samples
            if row[1] == state.id and row[2] == lane
        ]

    def has_sample(
        self, state: SessionState, lane: str, *, after: datetime, before: datetime
    ) -> bool:
        start, end = db_time(after), db_time(before)
        return any(
            row[1] == state.id and row[2] == lane and start < row[3] < end
            for row in self._samples
        )

    def forget(self, state: SessionState, event_id: str) -> None:
        """Leave a removed sample, and what it fired, out of the news."""
        lanes = [key for key in self.statuses if key[0] == state.id]
        for key in lanes:
            del self.statuses[key]
        self.events = [
            (of, event)
            for of, event in self.events
            if of is not state or event.event_id != event_id
        ]

    def write(
        self, sessions: Iterable[SessionState], *, changed_us: int
    ) -> list[SessionState]:
        """Write all; answers the sessions that changed."""
        changed = {state.id: state for state in self._touched.values()}
        sessions = list(sessions)
        _drop_empty([s for s in sessions if s.is_new and s.id not in changed])
        events = [event for _, event in self.events]
        self.seqs = number([*events, *self.compressions], changed.values())
        write_events(events)
        for item in self.compressions:
            item.row, item.kept_summary = write_compression(
                item.state, item.report, at=item.at, seq=item.seq, onto=item.onto
            )
            if item.report.composition:
                write_before(item.row, item.report, item.held)
            item.outcome.compression_id = item.row.pk
        for state in changed.values():
            if state.is_new:
                self._rollups.new_session(state.project_id, state.began_at)
        insert_many(UsageSample, SAMPLE_COLUMNS, self._samples)
        self.compositions.write()
        write_sessions(changed.values(), changed_us)
        write_lanes(self._lanes())
        self._rollups.write()
        for state in changed.values():
            state.is_new = False
            state.counted_level = state.gauge.level
        return list(changed.values())

    def _lanes(self) -> list[tuple[SessionState, str]]:
        return [
            (state, lane)
            for (_, lane), state in self._touched.items()
            if lane != MAIN_LANE
        ]


def _drop_empty(states: list[SessionState]) -> None:
    """Sessions made for a report that was then refused hold nothing."""
    stored = [state for state in states if state.is_stored]
    if stored:
        # By project as well: a distributed database finds the rows on their nodes.
        projects = {state.project_id for state in stored}
        ids = [state.id for state in stored]
        LLMSession.objects.filter(project__in=projects, pk__in=ids).delete()
    for state in states:
        state.is_dropped = True
