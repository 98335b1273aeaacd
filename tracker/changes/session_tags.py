"""Puts tags on sessions and takes them off."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Count

from tracker.models import LLMSession, SessionTag
from tracker.models.notes.session_tags import MOST


@transaction.atomic
def add_tag(sessions: Iterable[LLMSession], name: str) -> int:
    """How many have it afterwards: all but those that have MOST others already."""
    project_of = {session.pk: session.project_id for session in sessions}
    ids = list(project_of)
    others = SessionTag.objects.filter(session__in=ids).exclude(name=name)
    counted = others.order_by().values_list("session").annotate(Count("pk"))
    full = {pk for pk, count in counted if count >= MOST}
    SessionTag.objects.bulk_create(
        [
            SessionTag(project_id=project_id, session_id=pk, name=name)
            for pk, project_id in project_of.items()
            if pk not in full
        ],
        ignore_conflicts=True,
    )
    return SessionTag.objects.filter(session__in=ids, name=name).count()


def remove_tag(sessions: Iterable[LLMSession], name: str) -> int:
    """How many had it."""
    ids = [session.pk for session in sessions]
    return SessionTag.objects.filter(session__in=ids, name=name).delete()[0]
