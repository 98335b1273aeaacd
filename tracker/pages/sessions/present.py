"""A session as it stands now: its row, judged anew by the policy of the moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.urls import reverse
from django.utils.safestring import SafeString

from tracker.domain.budget.policy import BudgetPolicy
from tracker.domain.budget.resolution import EffectivePolicy, PolicyBook
from tracker.domain.budget.status import BudgetStatus
from tracker.domain.conversation.text.visible_text import visible
from tracker.models import LLMSession, SessionLane, SessionTag
from tracker.pages.sessions.gauge import GaugeShape, large_gauge, list_gauge
from tracker.pages.sessions.gauge_drawing import drawing
from tracker.pages.sessions.sparkline import sparklines
from tracker.pages.sessions.whereabouts import whereabouts
from tracker.reading.sessions.listing.labels import Label, labels_of
from tracker.templatetags.budget_text import (
    icon,
    level_word,
    number_of_percent,
    tokens,
)

LABELS = 1  # in a row of a list: more would leave no room for the place


@dataclass(slots=True)
class GaugeRow:
    """What a row or a page shows of one gauge."""

    session: LLMSession
    lane: str
    status: BudgetStatus
    effective: EffectivePolicy
    gauge: GaugeShape
    sparkline: str = ""
    is_idle: bool = False
    where: tuple[str, ...] = ()
    labels: tuple[Label, ...] = ()
    list_address: str = ""  # of all sessions; `reverse` takes 50 us for each row

    @property
    def cells(self) -> dict[str, Any]:
        """The texts of its row in a list, ready: a template looks up a word of a dict
        three times sooner than an attribute of an attribute, and a page has 50 rows.
        """
        session, status = self.session, self.status
        due = self.due_by_messages
        model = visible(session.model) if session.model else "unknown model"
        return {
            "pk": session.pk,
            "list_address": self.list_address,
            "href": f"{self.list_address}{session.pk}/",
            "name": str(session),
            "project": str(session.project),
            "where": self.where if len(self.where) > 1 else (*self.where, model),
            "labels": [
                (f"{self.list_address}?meta={quote(str(label), safe='')}", label.words)
                for label in self.labels
            ],
            "lane": self.lane,
            "level": status.level,
            "level_word": level_word(status.level),
            "mark": icon(f"lv-{'compress' if due else status.level}"),
            "is_due": due,
            "is_idle": self.is_idle,
            "policy": status.policy,
            "ratio": str(status.used_ratio),
            "percent": number_of_percent(status.used_percent),
            "used": tokens(status.used_tokens),
            "available": tokens(status.limits.available_tokens),
            "available_tokens": str(status.limits.available_tokens),
            "compact_at": str(session.compact_at_tokens or ""),
            "messages": tokens(session.message_count),
            "turns": tokens(session.sample_count),
            "events": tokens(session.event_count),
            "has_freed": session.compression_count > 0,
            "compressions": tokens(session.compression_count),
            "freed": tokens(session.saved_tokens),
            "gauge": self.drawing,
            "sparkline": self.sparkline,
        }

    @property
    def drawing(self) -> SafeString:
        """The gauge as a list shows it."""
        return drawing(self.gauge, self.status)

    @property
    def due_by_messages(self) -> bool:
        """Compression is due although the tokens alone are below that level."""
        return "messages" in self.status.reasons and "budget" not in self.status.reasons


def judged_rows(
    sessions: Iterable[LLMSession],
    book: PolicyBook,
    *,
    active_since: datetime,
) -> list[GaugeRow]:
    """Rows of a list, each on the shared scale and with its last 60 samples. Who did
    not report since `active_since` is idle. For a page of them: SQLite reads the
    samples of 500 sessions at most in one query.
    """
    shown = list(sessions)
    lines, address = sparklines(shown), reverse("sessions")
    found = []
    for session in shown:
        judged = _judged(session, session, book, list_gauge)
        judged.sparkline = lines.get(session.pk, "")
        judged.is_idle = session.last_at is None or session.last_at < active_since
        judged.where = whereabouts(session)
        judged.list_address = address
        judged.labels = labels_of(session.metadata, most=LABELS)
        found.append(judged)
    return found


def tags_of(sessions: Iterable[LLMSession]) -> dict[int, tuple[str, ...]]:
    """Session id -> its tags, from A. One query."""
    found: dict[int, tuple[str, ...]] = {session.pk: () for session in sessions}
    rows = SessionTag.objects.filter(session__in=list(found))
    for pk, name in rows.order_by("name").values_list("session", "name"):
        found[pk] = (*found[pk], name)
    return found


def judged_session(session: LLMSession, book: PolicyBook) -> GaugeRow:
    return _judged(session, session, book, large_gauge)


def judged_lanes(session: LLMSession, book: PolicyBook) -> list[GaugeRow]:
    """The sub-agents' gauges, fullest first."""
    lanes = SessionLane.objects.filter(session=session).order_by("-used_ratio")
    return [_judged(session, lane, book, list_gauge, lane.name) for lane in lanes]


def _judged(
    session: LLMSession,
    of: LLMSession | SessionLane,
    book: PolicyBook,
    draw: Callable[[BudgetStatus, BudgetPolicy, int | None], GaugeShape],
    lane: str = "main",
) -> GaugeRow:
    effective = book.policy_for(session.project_id, of.model, session.pk)
    status = effective.judge(of)
    compact_at = session.compact_at_tokens if of is session else None
    gauge = draw(status, effective.policy, compact_at)
    return GaugeRow(session, lane, status, effective, gauge)
