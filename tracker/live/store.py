"""What the hub and a greeting read from the database. Synchronous: run in a thread."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.utils import timezone

from tracker.domain.budget.resolution import PolicyBook
from tracker.domain.reports import MAIN_LANE
from tracker.live.news import (
    CompressionRecorded,
    EventFired,
    GaugeMoved,
    Numbered,
    SessionHead,
)
from tracker.models import (
    Compression,
    LLMSession,
    Project,
    SessionLane,
    ThresholdEvent,
)
from tracker.models.compressions import WAITING
from tracker.reading.sessions.active import DEFAULT_SPAN, SPANS, active_counts
from tracker.reading.sessions.listing.lists import kept_counts

REPLAYED = 1_000  # most events and compressions that are replayed to a returning socket


def data_version() -> tuple[Any, int] | None:
    """SQLite: changes when any other connection commits. PostgreSQL: None.

    The number means something only within one connection, so that comes with it.
    """
    if connection.vendor != "sqlite":
        return None
    with connection.cursor() as cursor:
        version = cursor.execute("PRAGMA data_version").fetchone()[0]
    return connection.connection, int(version)


def projects(ids: Iterable[int] | None = None) -> list[Project]:
    found = Project.objects.order_by("pk")
    return list(found if ids is None else found.filter(pk__in=list(ids)))


def session_count(project: Project) -> int:
    return sum(kept_counts([project]).values())


def gauges(sessions: Iterable[LLMSession], book: PolicyBook) -> list[GaugeMoved]:
    """The main lanes of these sessions (give them with their project)."""
    return [_gauge(session, session, MAIN_LANE, book) for session in sessions]


def lane_gauges(session: LLMSession, book: PolicyBook) -> list[GaugeMoved]:
    """The other lanes of one session."""
    return [
        _gauge(session, lane, lane.name, book)
        for lane in SessionLane.objects.filter(session=session).order_by("name")
    ]


def _gauge(
    session: LLMSession, holder: LLMSession | SessionLane, lane: str, book: PolicyBook
) -> GaugeMoved:
    """`holder` has the lane's numbers: those of the main one stand in the session."""
    return GaugeMoved(
        session.project_id,
        SessionHead.of(session, session.project.slug),
        lane,
        session.changed_us,
        session.project.last_seq,
        book.policy_for(session.project_id, holder.model, session.pk).judge(holder),
        holder.model,
        holder.last_at,
        holder.sample_count,
        holder.message_count,
        session.compact_at_tokens if lane == MAIN_LANE else None,
    )


def changed_sessions(
    after_us: int, sent: dict[int, int]
) -> tuple[list[LLMSession], int]:
    """Sessions written after `after_us` that were not sent yet, and the newest."""
    changed = LLMSession.objects.filter(changed_us__gt=after_us)
    marks = list(changed.order_by("-changed_us").values_list("pk", "changed_us")[:2000])
    newest = max((mark for _, mark in marks), default=after_us)
    wanted = [pk for pk, mark in marks if sent.get(pk, 0) < mark]
    found = LLMSession.objects.select_related("project").in_bulk(wanted)
    return list(found.values()), newest


def numbered_after(
    project: Project,
    seq: int,
    *,
    until: int,
    session_id: int | None = None,
    limit: int = REPLAYED,
) -> list[Numbered]:
    """The first `limit` events and compressions of a project beyond `seq`, up to and
    with `until`, in the order of their seq.
    """
    wanted: dict[str, Any] = {"project": project, "seq__gt": seq, "seq__lte": until}
    if session_id is not None:
        wanted["session_id"] = session_id
    events = ThresholdEvent.objects.filter(**wanted).select_related("session")
    compressions = Compression.objects.filter(**wanted).select_related(
        "session", "text"
    )
    found: list[Numbered] = [
        EventFired.of(SessionHead.of(e.session, project.slug), e)
        for e in events.order_by("seq")[:limit]
    ]
    found += [
        CompressionRecorded.of(
            SessionHead.of(c.session, project.slug),
            c,
            c.text.summary if hasattr(c, "text") else "",
        )
        for c in compressions.order_by("seq")[:limit]
    ]
    return sorted(found, key=lambda news: news.seq)[:limit]


def counts_message(found: list[Project], span: str = DEFAULT_SPAN) -> dict[str, Any]:
    """`active`: of the sessions that reported within `span` alone."""
    since = timezone.now() - SPANS[span]
    compressions = Compression.objects.filter(project__in=found)
    return {
        "type": "counts",
        "seq": max((project.last_seq for project in found), default=0),
        "seqs": {project.slug: project.last_seq for project in found},
        "counts": kept_counts(found),
        "active": active_counts([project.pk for project in found], since),
        "pending": compressions.filter(WAITING)[:1000].count(),
        "unjudged": compressions.filter(review="pending")[:1000].count(),
    }
