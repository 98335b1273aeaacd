"""Records reports: one transaction for a group of them.

Locks their sessions, asks the domain how full each is and what was crossed, and
writes samples, events, compressions, present states and counters. Nothing else in
the project writes facts.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction

from tracker.domain.budget import BudgetStatus, evaluate
from tracker.domain.policy import PolicyError
from tracker.domain.reports import MAIN_LANE, CompressionReport, UsageReport
from tracker.domain.resolution import EffectivePolicy, PolicyBook
from tracker.ingest import news
from tracker.ingest.arrivals import Arrival, Outcome, Rejection
from tracker.ingest.calibrating import Calibrating
from tracker.ingest.candidates import Candidate, claim_new
from tracker.ingest.crossings import cross
from tracker.ingest.event_keys import release
from tracker.ingest.event_rows import PendingEvent
from tracker.ingest.gauge_state import SessionState
from tracker.ingest.moving import take_back
from tracker.ingest.outside_view import OutsideView
from tracker.ingest.pending import PendingRows
from tracker.ingest.record_compression import CompressionTaker
from tracker.ingest.redacting import Redacting
from tracker.ingest.session_store import SessionKey, SessionStore
from tracker.ingest.sql import run
from tracker.ingest.store_trouble import is_away
from tracker.ingest.told_compressions import Told
from tracker.models import ApiKey, ConfigVersion, LLMSession
from tracker.models.policies import load_policy_book

REVOKED = Rejection("", "the API key was revoked or has expired", 401)
Answer = Outcome | Rejection


class Recorder:
    """One writer: holds sessions and policies between its transactions.

    Not thread-safe; each thread or process that writes has its own.
    """

    def __init__(self) -> None:
        self._store = SessionStore()
        self._calibrating = Calibrating()
        self._book: PolicyBook | None = None
        self._config_version = -1
        self._live_keys: set[int | None] = set()
        self._redacting = Redacting({})
        # Told to those who watch, once the transaction has committed.
        self.news: list[dict[str, Any]] = []
        self._is_watched = True

    def record(
        self, arrivals: Sequence[Arrival], *, is_watched: bool = True
    ) -> list[Answer]:
        """Store all of these, or (on any exception) none. Answers in their order.

        Where nobody watches, no news is gathered.
        """
        self.news = []
        self._is_watched = is_watched
        try:
            with connection.wrap_database_errors, transaction.atomic():
                return self._record(arrivals)
        except BaseException:
            self._store.forget()
            self._calibrating.forget()
            raise

    def try_out(self, arrivals: Sequence[Arrival]) -> Exception | None:
        """What the store has against these; stores nothing. Raises when it is away."""
        try:
            with transaction.atomic():
                self.record(arrivals, is_watched=False)
                transaction.set_rollback(True)
        except Exception as error:
            if is_away(error):
                raise
            return error
        finally:
            self._store.forget()
            self._calibrating.forget()
        return None

    @property
    def book(self) -> PolicyBook:
        assert self._book is not None, "policies are read in a transaction"
        return self._book

    def _record(self, arrivals: Sequence[Arrival]) -> list[Answer]:
        self._freshen()
        keys = [(a.project_id, a.report.session) for a in arrivals]
        moved = [a for a in arrivals if a.replaces is not None]
        keys += [(a.project_id, a.replaces.session) for a in moved if a.replaces]
        sessions = self._store.load(
            keys,
            now=datetime.now(UTC),
            with_lanes={
                (a.project_id, a.report.session)
                for a in arrivals
                if a.report.lane != MAIN_LANE
            },
        )
        self._calibrating.begin(sessions.values())
        candidates = [
            Candidate(arrival, sessions[arrival.project_id, arrival.report.session])
            for arrival in arrivals
        ]
        for arrival, item in zip(arrivals, candidates, strict=True):
            if arrival.api_key_id not in self._live_keys:
                item.refusal = REVOKED
            elif isinstance(item.report, UsageReport):
                item.refusal = self._refusal(item.report, item.state)
        fresh = claim_new(candidates)
        pending = PendingRows()
        answers = []
        for item in candidates:
            answers.append(self._take(item, item.key in fresh, pending))
            fresh.discard(item.key)  # a second one in the same group is a repeat
        changed_us = _changed_us()
        pending.write(sessions.values(), changed_us=changed_us)
        if moved:
            self._take_back(arrivals, answers, sessions, pending, changed_us)
        self._calibrating.write()
        self._store.note_seqs(pending.seqs)
        if self._is_watched:
            self._tell(pending, changed_us)
        return answers

    def _take_back(
        self,
        arrivals: Sequence[Arrival],
        answers: Sequence[Answer],
        sessions: Mapping[SessionKey, SessionState],
        pending: PendingRows,
        changed_us: int,
    ) -> None:
        """What stood under a trace until its session was named is told no more."""
        pairs = zip(arrivals, answers, strict=True)
        for arrival, answer in sorted(pairs, key=lambda pair: pair[0].project_id):
            gone = arrival.replaces
            if gone is None or isinstance(answer, Rejection):
                continue
            state = sessions[arrival.project_id, gone.session]
            if take_back(state, gone.event_id, book=self.book, changed_us=changed_us):
                pending.forget(state, gone.event_id)

    def _tell(self, pending: PendingRows, changed_us: int) -> None:
        """Gather the news of this transaction."""
        if not (pending.statuses or pending.events or pending.compressions):
            return
        projects = self._store.projects(
            {state.project_id for state, _ in pending.statuses.values()}
        )
        self.news = [
            news.budget_updated(state, lane, status, projects, changed_us)
            for (_, lane), (state, status) in pending.statuses.items()
        ]
        self.news += news.facts(pending, projects)

    def _freshen(self) -> None:
        if self._store.begin():
            self._calibrating.forget()
        table = ConfigVersion._meta.db_table
        rows = run(f"SELECT number FROM {table} WHERE id = 1")
        version = rows[0][0] if rows else 0
        if version == self._config_version:
            return
        self._book = load_policy_book()
        # None: reports that came in without a key, from this machine.
        self._live_keys = {None, *ApiKey.objects.usable().values_list("pk", flat=True)}
        self._redacting = Redacting.load()
        self._config_version = version

    def _effective(self, state: SessionState, model: str) -> EffectivePolicy:
        return self.book.policy_for(state.project_id, model, state.id)

    def _refusal(self, report: UsageReport, state: SessionState) -> Rejection | None:
        """A reported window that the policy does not fit into."""
        if report.window_tokens is None:
            return None
        effective = self._effective(state, report.model or state.gauge.model)
        try:
            effective.limits_for(report.window_tokens)
        except PolicyError as error:
            return Rejection(
                "window_tokens", f"{error.message} ({effective.policy.name} policy)"
            )
        return None

    def _take(self, item: Candidate, is_new: bool, pending: PendingRows) -> Answer:
        report = item.report
        if item.refusal is not None:
            return item.refusal
        if isinstance(report, CompressionReport):
            return self._compression(report, item, is_new, pending)
        # An earlier report of this group may have changed the model since.
        refusal = self._refusal(report, item.state)
        if refusal is not None:
            if is_new:
                release(item.key)
            return refusal
        if not is_new:
            return self._repeat(report, item.state, pending)
        return self._usage(item, report, pending)

    def _compression(
        self,
        report: CompressionReport,
        item: Candidate,
        is_new: bool,
        pending: PendingRows,
    ) -> Outcome:
        taker = self._taker(pending)
        if not is_new:
            return taker.repeat(report, item.state)
        if not report.is_advice and report.performed_by == "client":
            view = OutsideView(pending, taker.take)
            found = view.announced(report, item.state, item.at)
            if isinstance(found, Told):
                known = replace(report, event_id=found.event_id)
                return taker.repeat(known, item.state)
            report = found
        return taker.take(report, item.state, item.at)

    def _taker(self, pending: PendingRows) -> CompressionTaker:
        return CompressionTaker(
            self._effective, self._redacting, self._calibrating, pending
        )

    def _repeat(
        self, report: UsageReport, state: SessionState, pending: PendingRows
    ) -> Outcome:
        gauge = state.gauge_of(report.lane)
        if report.origin != "api" and report.output_tokens is not None:
            # A streamed answer is written line by line: the last line is complete.
            pending.raise_output(state, report)
        status = self._effective(state, gauge.model).judge(gauge)
        assert report.event_id is not None
        return Outcome(state.id, state.key, report.event_id, True, False, status, [])

    def _usage(
        self, item: Candidate, report: UsageReport, pending: PendingRows
    ) -> Outcome:
        at, state = item.at, item.state
        gauge = state.gauge_of(report.lane)
        model = report.model or gauge.model
        effective = self._effective(state, model)
        is_late = gauge.last_at is not None and at < gauge.last_at
        if report.counted is not None:
            report = self._calibrating.take(
                state, report, model=model, at=at, is_late=is_late
            )
        status = self._judge(report, effective)
        gauge.sample_count += 1
        gauge.first_at = min(gauge.first_at or at, at)
        fired: list[PendingEvent] = []
        if not is_late:
            if report.lane == MAIN_LANE and gauge.last_at is not None:
                cut_at = state.last_compression_at
                if report.used_tokens < gauge.used_tokens or (
                    cut_at is not None and cut_at >= gauge.last_at
                ):
                    view = OutsideView(pending, self._taker(pending).take)
                    view.request_follows(state, report, status, at)
            gauge.take(report, status, at)
            if report.lane == MAIN_LANE:
                fired = cross(
                    state,
                    status,
                    at=at,
                    event_id=report.event_id or "",
                    pending=pending,
                )
        state.take_description(self._redacting.described(state.project_id, report))
        pending.sample(
            state, report, status, at=at, is_late=is_late, is_skewed=item.is_skewed
        )
        assert report.event_id is not None
        outcome = Outcome(
            state.id, state.key, report.event_id, False, is_late, status, []
        )
        for event in fired:
            event.outcome = outcome
        pending.touch(state, report.lane, None if is_late else status)
        return outcome

    def _judge(self, report: UsageReport, effective: EffectivePolicy) -> BudgetStatus:
        reported = report.window_tokens is not None
        window = report.window_tokens or effective.window_tokens
        return evaluate(
            effective.policy,
            report.used_tokens,
            window_source="report" if reported else effective.window_source,
            parts=report.parts,
            message_count=report.message_count,
            source=report.source,
            limits=self.book.limits_for(effective, window),
        )


_last_changed_us = 0


def _changed_us() -> int:
    """Microseconds since 1970, never the same twice, never backwards: a new process
    goes on from what is stored, in case the clock was put back meanwhile.
    """
    global _last_changed_us
    if not _last_changed_us:
        rows = run(f"SELECT MAX(changed_us) FROM {LLMSession._meta.db_table}")
        _last_changed_us = rows[0][0] or 0
    _last_changed_us = max(_last_changed_us + 1, time.time_ns() // 1000)
    return _last_changed_us
