"""What a session and its project's month have spent, for the gateway's hard budgets."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from django.db.models import F, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from tracker.domain.budget.policy import BudgetPolicy
from tracker.domain.spend.stops import Spent
from tracker.models import LLMSession, Project, UsageSample
from tracker.reading.sessions.costs import amount_of
from tracker.reading.spend.resting import spend_until_now

MANY_SAMPLES = 5_000  # are summed in 10 ms
SESSION_SECONDS = 10.0
REMEMBERED = 1_000
_Asked = tuple[int, bool, bool]
_Sums = tuple[int, Decimal]
MONTH_SECONDS = 30.0  # the sum of a month's samples may take a second


class MonthSums:
    """Dollars of each project's present month, at most MONTH_SECONDS old. While one
    thread sums them anew, others get the older sum. Thread-safe. Nobody waits for
    another project's sum.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: dict[int, tuple[float, datetime, Decimal]] = {}
        self._summing = threading.Lock()

    def knows(self, project_id: int, now: datetime) -> bool:
        """Whether there is a sum of this month, however old."""
        known = self._known.get(project_id)
        return known is not None and known[1] == _month_of(now)

    def of(self, project_id: int, now: datetime) -> Decimal:
        month = _month_of(now)
        at, of, dollars = self._known.get(project_id, (0.0, None, Decimal(0)))
        is_known = of == month
        if is_known and self._clock() - at < MONTH_SECONDS:
            return dollars
        # Who knows an older sum goes on with it: a hundred calls must not wait in the
        # threads that also look up keys.
        if is_known and not self._summing.acquire(blocking=False):
            return dollars
        try:
            projects = list(Project.objects.filter(pk=project_id))
            cells = spend_until_now(projects, month, now).cells
            dollars = sum((cell.cost or Decimal(0) for cell in cells), Decimal(0))
            self._known[project_id] = (self._clock(), month, dollars)
        finally:
            if is_known:
                self._summing.release()
        return dollars

    def forget_all(self) -> None:
        self._known.clear()


def _month_of(now: datetime) -> datetime:
    return now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


month_sums = MonthSums()


def spent_of(project_id: int, session_key: str, policy: BudgetPolicy) -> Spent:
    """Only what the policy limits is summed. A request whose usage was not reported
    counts with the tokens that were estimated.
    """
    month = Decimal(0)
    if policy.gateway_month_dollars:
        month = month_sums.of(project_id, timezone.now())
    session = LLMSession.objects.filter(project=project_id, key=session_key).first()
    if session is None:
        return Spent(month_dollars=month)
    return Spent(session.pk, *session_sums.of(session, policy), month)


class SessionSums:
    """Tokens and dollars of a session. With MANY_SAMPLES they may be SESSION_SECONDS
    old, or older while one thread sums them anew. Otherwise one call a second to a
    session of 500,000 samples would fill the threads that also look up other callers'
    keys. Thread-safe.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: OrderedDict[_Asked, tuple[float, _Sums]] = OrderedDict()
        self._summing: set[_Asked] = set()
        self._lock = threading.Lock()

    def of(self, session: LLMSession, policy: BudgetPolicy) -> _Sums:
        tokens = bool(policy.gateway_session_tokens)
        dollars = bool(policy.gateway_session_dollars)
        if session.sample_count < MANY_SAMPLES:
            return _sums(session, tokens=tokens, dollars=dollars)
        asked = (session.pk, tokens, dollars)
        with self._lock:
            at, known = self._known.get(asked, (0.0, None))
            is_fresh = self._clock() - at < SESSION_SECONDS
            if known is not None and (is_fresh or asked in self._summing):
                return known
            self._summing.add(asked)
        try:
            found = _sums(session, tokens=tokens, dollars=dollars)
            with self._lock:
                self._known[asked] = (self._clock(), found)
                while len(self._known) > REMEMBERED:
                    self._known.popitem(last=False)
        finally:
            with self._lock:
                self._summing.discard(asked)
        return found

    def forget_all(self) -> None:
        self._known.clear()


def _sums(session: LLMSession, *, tokens: bool, dollars: bool) -> _Sums:
    total = 0
    if tokens:
        sums = UsageSample.objects.filter(session=session).aggregate(
            input=Sum(Coalesce("input_tokens", F("used_tokens"))),
            output=Sum("output_tokens"),
        )
        total = (sums["input"] or 0) + (sums["output"] or 0)
    return total, amount_of(session) if dollars else Decimal(0)


session_sums = SessionSums()
