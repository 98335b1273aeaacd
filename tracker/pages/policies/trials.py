"""Trials of changed policies in the background: one per person, the newest wins.

In memory: a trial is a question, not a fact. Another process does not know it; the
page then asks again.
"""

from __future__ import annotations

import logging
import secrets
import threading
from dataclasses import dataclass, field
from datetime import datetime

from django.db import close_old_connections, connection
from django.db.models import QuerySet, Sum

from tracker.domain.budget.backtest import Backtest
from tracker.models import LLMSession, Policy
from tracker.reading.policy_trial import Superseded, try_policy

logger = logging.getLogger(__name__)
_lock = threading.Lock()
_trials: dict[int | None, Trial] = {}  # by user


@dataclass(slots=True, eq=False)
class Trial:
    """`state` is running, done, failed or superseded."""

    user_id: int | None
    edited: Policy
    period: str
    since: datetime | None
    total: int
    id: str = field(default_factory=lambda: secrets.token_urlsafe(8))
    read: int = 0
    state: str = "running"
    result: Backtest | None = None
    thread: threading.Thread | None = None

    def wait(self, seconds: float) -> None:
        if self.thread is not None:
            self.thread.join(seconds)

    @property
    def percent(self) -> int:
        return min(99, 100 * self.read // self.total) if self.total else 0

    def progress(self, read: int) -> None:
        self.read = read
        if self.state == "superseded":
            raise Superseded


def start_trial(
    user_id: int | None,
    edited: Policy,
    sessions: QuerySet[LLMSession],
    *,
    period: str,
    since: datetime | None,
) -> Trial:
    """Ends the person's trial that still runs."""
    reached = sessions.filter(last_at__gte=since) if since else sessions
    total = reached.aggregate(n=Sum("sample_count"))["n"] or 0
    trial = Trial(user_id, edited, period, since, total)
    with _lock:
        before = _trials.get(user_id)
        if before is not None and before.state == "running":
            before.state = "superseded"
        _trials[user_id] = trial
    trial.thread = threading.Thread(
        target=_run, args=(trial, sessions), name="policy trial", daemon=True
    )
    trial.thread.start()
    return trial


def trial_of(user_id: int | None, trial_id: str) -> Trial | None:
    """The person's present trial, if it is this one."""
    trial = _trials.get(user_id)
    return trial if trial is not None and trial.id == trial_id else None


def _run(trial: Trial, sessions: QuerySet[LLMSession]) -> None:
    close_old_connections()
    try:
        trial.result = try_policy(
            trial.edited, sessions, since=trial.since, progress=trial.progress
        )
        trial.state = "done"
    except Superseded:
        pass
    except Exception:
        trial.state = "failed"
        logger.exception("A policy trial failed")
    finally:
        connection.close()
