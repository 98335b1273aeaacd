"""Trials of changed policies in the background: one per person, the newest wins.

A trial runs in the process that was asked, and tells its progress and result through
the cache: several processes that share one (REDIS_URL) answer for each other. Else,
behind a proxy that sends each question to another process, no trial would finish.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.core.cache import BaseCache, caches
from django.db import close_old_connections, connection
from django.db.models import QuerySet, Sum

from tracker.domain.budget.backtest import Backtest
from tracker.models import LLMSession, Policy
from tracker.reading.policies.policy_trial import Superseded, try_policy

KEPT = 600  # seconds in the cache
TELL_EVERY = 0.3  # seconds
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
    told_at: float = 0.0

    def wait(self, seconds: float) -> None:
        if self.thread is not None:
            self.thread.join(seconds)

    @property
    def percent(self) -> int:
        return min(99, 100 * self.read // self.total) if self.total else 0

    def progress(self, read: int) -> None:
        self.read = read
        if self.state != "superseded" and time.monotonic() - self.told_at > TELL_EVERY:
            self.tell()
        if self.state == "superseded":
            raise Superseded

    def tell(self) -> None:
        """Let other processes know. A newer trial of the same person ends this one."""
        self.told_at = time.monotonic()
        newest = _shared(lambda cache: cache.get(_newest_key(self.user_id)))
        if newest not in (None, self.id):
            self.state = "superseded"
            return
        told = replace(self, thread=None)
        _shared(lambda cache: cache.set(_key(self.user_id, self.id), told, KEPT))


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
    _shared(lambda cache: cache.set(_newest_key(user_id), trial.id, KEPT))
    trial.tell()
    trial.thread = threading.Thread(
        target=_run, args=(trial, sessions), name="policy trial", daemon=True
    )
    trial.thread.start()
    return trial


def trial_of(user_id: int | None, trial_id: str) -> Trial | None:
    """The person's present trial, if it is this one; from whichever process runs it."""
    trial = _trials.get(user_id)
    if trial is not None and trial.id == trial_id:
        return trial
    if _shared(lambda cache: cache.get(_newest_key(user_id))) != trial_id:
        return None
    found: Trial | None = _shared(lambda cache: cache.get(_key(user_id, trial_id)))
    return found


def _key(user_id: int | None, trial_id: str) -> str:
    return f"policy-trial:{user_id}:{trial_id}"


def _newest_key(user_id: int | None) -> str:
    return f"policy-trial:{user_id}:newest"


def _shared(work: Callable[[BaseCache], Any]) -> Any:
    """None while the shared cache is away: this process still answers for itself."""
    try:
        return work(caches["default"])
    except Exception as error:  # noqa: BLE001 - each client raises its own
        logger.warning("Trials are not shared: %s", type(error).__name__)
        return None


def _run(trial: Trial, sessions: QuerySet[LLMSession]) -> None:
    close_old_connections()
    try:
        trial.result = try_policy(
            trial.edited, sessions, since=trial.since, progress=trial.progress
        )
        trial.state = "done"
        trial.tell()
    except Superseded:
        pass
    except Exception:
        trial.state = "failed"
        trial.tell()
        logger.exception("A policy trial failed")
    finally:
        connection.close()
