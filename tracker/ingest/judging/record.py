"""Records a group of reports in one transaction.

Locks their sessions, asks the domain how full each is and what was crossed, and
writes samples, events, compressions, present states and counters. Nothing else in
the project writes these.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction

from tracker.domain.budget.resolution import PolicyBook
from tracker.domain.reports import MAIN_LANE, CompressionReport, UsageReport
from tracker.ingest.arrivals import Answer, Arrival, Rejection
from tracker.ingest.judging.calibrating import Calibrating
from tracker.ingest.judging.candidates import (
    Candidate,
    Received,
    claim_new,
    names_agent,
)
from tracker.ingest.judging.compressions.record_compression import CompressionJudge
from tracker.ingest.judging.news import news_of
from tracker.ingest.judging.redacting import Redacting
from tracker.ingest.judging.usage.helper_marks import mark_anew
from tracker.ingest.judging.usage.record_usage import UsageJudge
from tracker.ingest.judging.usage.taking_back import take_back
from tracker.ingest.rows.alert_rows import Rules, write_alerts
from tracker.ingest.rows.event_keys import release
from tracker.ingest.rows.pending import PendingRows
from tracker.ingest.rows.plan_limit_rows import write_plan_limits
from tracker.ingest.rows.sessions.gauge_state import SessionState
from tracker.ingest.rows.sessions.session_store import SessionKey, SessionStore
from tracker.ingest.rows.sql import ask_ahead, pipeline, run
from tracker.live.news import News
from tracker.models import ApiKey, ConfigVersion, LLMSession
from tracker.models.outgoing.alerts import load_rules
from tracker.models.settings.policies import load_policy_book
from tracker.reading.config_cache import CHECK_SECONDS, confirm

CONFIRMED_EVERY = CHECK_SECONDS / 4
REVOKED = Rejection("", "the API key was revoked or has expired", 401)
_CONFIG_VERSION = f"SELECT number FROM {ConfigVersion._meta.db_table} WHERE id = 1"  # noqa: S608 - a table name of ours


class Recorder:
    """Stores all reports of a group, or none. A known event_id is stored once.

    Keeps sessions and policies in memory between its transactions, and reads them
    again when another connection has written. Not thread-safe: each thread or process
    that writes has its own.
    """

    def __init__(self) -> None:
        self._store = SessionStore()
        self._calibrating = Calibrating()
        self._book: PolicyBook | None = None
        self._config_version = -1
        self._confirmed_at = 0.0
        self._live_keys: set[int | None] = set()
        self._redacting = Redacting({})
        self._alert_rules: Rules = {}
        # Of the last transaction; worth publishing once it has committed.
        self.news: list[News] = []
        self._is_watched = True

    def record(
        self, arrivals: Sequence[Arrival], *, is_watched: bool = True
    ) -> list[Answer]:
        """Store all of these, or none on any exception. Answers in their order.

        News is gathered only if `is_watched`.
        """
        self.news = []
        self._is_watched = is_watched
        try:
            with connection.wrap_database_errors, transaction.atomic(), pipeline():
                return self._record(arrivals)
        except BaseException:
            self._store.forget()
            self._calibrating.forget()
            raise

    @property
    def book(self) -> PolicyBook:
        assert self._book is not None, "policies are read in a transaction"
        return self._book

    def _record(self, arrivals: Sequence[Arrival]) -> list[Answer]:
        if self._store.begin():
            self._calibrating.forget()
        asked_at = time.monotonic()
        config_version = ask_ahead(_CONFIG_VERSION)
        keys = [(a.project_id, a.report.session) for a in arrivals]
        replacing = [a for a in arrivals if a.replaces is not None]
        keys += [(a.project_id, a.replaces.session) for a in replacing if a.replaces]
        sessions = self._store.load(
            keys,
            now=datetime.now(UTC),
            with_lanes={
                (a.project_id, a.report.session)
                for a in arrivals
                if a.report.lane != MAIN_LANE or names_agent(a.report)
            },
        )
        self._freshen(config_version(), asked_at)
        self._calibrating.begin(sessions.values())
        pending = PendingRows()
        held = (self.book, self._redacting, self._calibrating, pending)
        compressions = CompressionJudge(*held)
        usage = UsageJudge(*held, compressions)
        received: Received = {}
        candidates = [
            Candidate(arrival, sessions[key], received)
            for arrival, key in zip(arrivals, keys, strict=False)
        ]
        for arrival, item in zip(arrivals, candidates, strict=True):
            if arrival.api_key_id not in self._live_keys:
                item.refusal = REVOKED
            elif isinstance(item.report, UsageReport):
                item.refusal = usage.refusal(item.report, item.state)
        note_projects = self._ask_projects(sessions.values())
        fresh = claim_new(candidates)
        note_projects()
        answers = []
        for item in candidates:
            answers.append(_take(item, item.key in fresh, usage, compressions))
            fresh.discard(item.key)  # a second one in the same group is a duplicate
        changed_us = _changed_us()
        pending.write(sessions.values(), changed_us=changed_us)
        _write_limits(arrivals, answers)
        for (_, lane), (state, since) in pending.late.items():
            mark_anew(state, lane, since, book=self.book, changed_us=changed_us)
        if replacing:
            self._take_back(arrivals, answers, sessions, pending, changed_us)
        if self._alert_rules:
            write_alerts(self._alert_rules, pending.events, pending.compressions)
        self._calibrating.write()
        self._store.note_seqs(pending.seqs)
        if self._is_watched:
            self._gather_news(pending, changed_us)
        return answers

    def _take_back(
        self,
        arrivals: Sequence[Arrival],
        answers: Sequence[Answer],
        sessions: Mapping[SessionKey, SessionState],
        pending: PendingRows,
        changed_us: int,
    ) -> None:
        """Remove what was stored under a trace's id before its session was named."""
        gone: dict[SessionKey, list[str]] = {}
        pairs = zip(arrivals, answers, strict=True)
        for arrival, answer in sorted(pairs, key=lambda pair: pair[0].project_id):
            if arrival.replaces is not None and not isinstance(answer, Rejection):
                key = (arrival.project_id, arrival.replaces.session)
                gone.setdefault(key, []).append(arrival.replaces.event_id)
        for key, event_ids in gone.items():
            state = sessions[key]
            for event_id in take_back(
                state, event_ids, book=self.book, changed_us=changed_us
            ):
                pending.forget(state, event_id)

    def _ask_projects(self, states: Iterable[SessionState]) -> Callable[[], None]:
        if not self._is_watched:
            return lambda: None
        return self._store.ask_projects({state.project_id for state in states})

    def _gather_news(self, pending: PendingRows, changed_us: int) -> None:
        if not (pending.statuses or pending.events or pending.compressions):
            return
        projects = self._store.projects(
            {state.project_id for state, _ in pending.statuses.values()}
        )
        self.news = list(news_of(pending, projects, changed_us))

    def _freshen(self, rows: list[tuple[Any, ...]], asked_at: float) -> None:
        version = rows[0][0] if rows else 0
        if asked_at - self._confirmed_at > CONFIRMED_EVERY:
            self._confirmed_at = asked_at
            confirm(version, asked_at)
        if version == self._config_version:
            return
        self._book = load_policy_book()
        # None: reports without a key, from this machine's session files.
        self._live_keys = {None, *ApiKey.objects.usable().values_list("pk", flat=True)}
        self._redacting = Redacting.load()
        self._alert_rules = load_rules()
        self._config_version = version


def _write_limits(arrivals: Sequence[Arrival], answers: Sequence[Answer]) -> None:
    told = [
        (arrival.project_id, limit)
        for arrival, answer in zip(arrivals, answers, strict=True)
        if isinstance(arrival.report, UsageReport) and not isinstance(answer, Rejection)
        for limit in arrival.report.plan_limits
    ]
    if told:
        write_plan_limits(told)


def _take(
    item: Candidate, is_new: bool, usage: UsageJudge, compressions: CompressionJudge
) -> Answer:
    report, state = item.report, item.state
    if item.refusal is not None:
        return item.refusal
    if isinstance(report, CompressionReport):
        return compressions.record(report, item, is_new)
    # Checked again: an earlier report of this group may have changed the model, and
    # with it the policy.
    refusal = usage.refusal(report, state)
    if refusal is not None:
        if is_new:
            release(item.key)
        return refusal
    return usage.accept(item, report) if is_new else usage.repeat(report, state)


_last_changed_us = 0


def _changed_us() -> int:
    """Microseconds since 1970; each call answers more than the one before.

    A new process begins beyond what is stored: where the clock was put back meanwhile,
    open pages would take its news for old.
    """
    global _last_changed_us
    if not _last_changed_us:
        rows = run(f"SELECT MAX(changed_us) FROM {LLMSession._meta.db_table}")  # noqa: S608 - a table name of ours
        _last_changed_us = rows[0][0] or 0
    _last_changed_us = max(_last_changed_us + 1, time.time_ns() // 1000)
    return _last_changed_us
