"""What the hub reads: the truth behind the news. Synchronous; run it in a thread."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection

from tracker.live.news import (
    GaugeMoment,
    compression_message,
    event_message,
    level_counts,
    session_head,
)
from tracker.models import (
    Compression,
    LLMSession,
    Project,
    SessionLane,
    ThresholdEvent,
)

REPLAYED = 1_000  # events and compressions a returning socket is told one by one


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
    return sum(level_counts([project]).values())


def budgets(sessions: Iterable[LLMSession], book: Any) -> list[dict[str, Any]]:
    """Budget messages of these sessions' main lanes (select_related project)."""
    return [_budget(session, session, "main", book) for session in sessions]


def lane_budgets(session: LLMSession, book: Any) -> list[dict[str, Any]]:
    return [
        _budget(session, lane, lane.name, book)
        for lane in SessionLane.objects.filter(session=session).order_by("name")
    ]


def _budget(
    session: LLMSession, holder: LLMSession | SessionLane, lane: str, book: Any
) -> dict[str, Any]:
    """`holder` has the lane's numbers: those of the main one stand in the session."""
    return GaugeMoment(
        session_head(session, session.project.slug),
        book.policy_for(session.project_id, holder.model, session.pk).judge(holder),
        seq=session.project.last_seq,
        lane=lane,
        model=holder.model,
        last_at=holder.last_at,
        sample_count=holder.sample_count,
        message_count=holder.message_count,
    ).message()


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


def facts_after(
    project: Project,
    seq: int,
    *,
    until: int,
    session_id: int | None = None,
    limit: int = REPLAYED,
) -> list[dict[str, Any]]:
    """The first `limit` events and compressions of a project beyond `seq`, up to
    `until`, in their order.
    """
    wanted: dict[str, Any] = {"project": project, "seq__gt": seq, "seq__lte": until}
    if session_id is not None:
        wanted["session_id"] = session_id
    events = ThresholdEvent.objects.filter(**wanted).select_related("session")
    compressions = Compression.objects.filter(**wanted).select_related(
        "session", "text"
    )
    messages = [
        event_message(session_head(e.session, project.slug), e)
        for e in events.order_by("seq")[:limit]
    ]
    messages += [
        compression_message(
            session_head(c.session, project.slug),
            c,
            c.text.summary if hasattr(c, "text") else "",
        )
        for c in compressions.order_by("seq")[:limit]
    ]
    return sorted(messages, key=lambda message: message["seq"])[:limit]


def counts_message(found: list[Project]) -> dict[str, Any]:
    pending = Compression.objects.filter(project__in=found, review="pending")
    return {
        "type": "counts",
        "seq": max((project.last_seq for project in found), default=0),
        "seqs": {project.slug: project.last_seq for project in found},
        "counts": level_counts(found),
        "pending": pending[:1000].count(),
    }
