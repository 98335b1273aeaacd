"""What a session and its project's month have spent, for the gateway's hard budgets."""

from __future__ import annotations

import threading
import time
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
from tracker.reading.spend.cells import spend_of

MONTH_SECONDS = 30.0  # the sum of a month's samples may take a second


class MonthSums:
    """Dollars of each project's present month, at most MONTH_SECONDS old, and as old
    as it takes while one thread sums them anew. Thread-safe. Nobody waits for the sum
    of another project.
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
            cells = spend_of(Project.objects.filter(pk=project_id), month, now).cells
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
    tokens, dollars = 0, Decimal(0)
    if policy.gateway_session_tokens:
        samples = UsageSample.objects.filter(session=session)
        sums = samples.aggregate(
            input=Sum(Coalesce("input_tokens", F("used_tokens"))),
            output=Sum("output_tokens"),
        )
        tokens = (sums["input"] or 0) + (sums["output"] or 0)
    if policy.gateway_session_dollars:
        dollars = amount_of(session)
    return Spent(session.pk, tokens, dollars, month)
