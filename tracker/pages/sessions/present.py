"""A session as it stands now: its row, judged anew by the policy of the moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tracker.domain.budget.resolution import EffectivePolicy, PolicyBook
from tracker.domain.budget.status import BudgetStatus
from tracker.models import LLMSession, SessionLane
from tracker.pages.sessions.gauge import Gauge, large_gauge, list_gauge
from tracker.pages.sessions.sparkline import sparklines
from tracker.reading.sessions.lists import ACTIVE_WITHIN


@dataclass(frozen=True, slots=True)
class Judged:
    """What a row or a page shows of one gauge."""

    session: LLMSession
    lane: str
    status: BudgetStatus
    effective: EffectivePolicy
    gauge: Gauge
    sparkline: str = ""
    is_idle: bool = False


def judged_rows(
    sessions: Iterable[LLMSession], book: PolicyBook, *, now: datetime
) -> list[Judged]:
    """Rows of a list, each on the shared scale and with its last 60 samples."""
    shown = list(sessions)
    lines = sparklines(shown)
    border = now - ACTIVE_WITHIN
    found = []
    for session in shown:
        effective = book.policy_for(session.project_id, session.model, session.pk)
        status = effective.judge(session)
        found.append(
            Judged(
                session=session,
                lane="main",
                status=status,
                effective=effective,
                gauge=list_gauge(status, effective.policy),
                sparkline=lines.get(session.pk, ""),
                is_idle=session.last_at is None or session.last_at < border,
            )
        )
    return found


def judged_session(session: LLMSession, book: PolicyBook) -> Judged:
    effective = book.policy_for(session.project_id, session.model, session.pk)
    status = effective.judge(session)
    gauge = large_gauge(status, effective.policy)
    return Judged(session, "main", status, effective, gauge)


def judged_lanes(session: LLMSession, book: PolicyBook) -> list[Judged]:
    """The sub-agents' gauges, fullest first."""
    found = []
    for lane in SessionLane.objects.filter(session=session).order_by("-used_ratio"):
        effective = book.policy_for(session.project_id, lane.model, session.pk)
        status = effective.judge(lane)
        gauge = list_gauge(status, effective.policy)
        found.append(Judged(session, lane.name, status, effective, gauge))
    return found
