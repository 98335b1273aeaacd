"""Deletes a session or a project with everything that belongs to it, in batches."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Model
from django.utils import timezone

from tracker.changes.audit import audit
from tracker.ingest.compressing import cuts
from tracker.ingest.rows.recounting.rollups import take_off
from tracker.models import (
    ApiKey,
    Compression,
    CompressionText,
    ConfigVersion,
    EventKey,
    GatewayCall,
    LLMSession,
    Project,
    StoredCut,
    ThresholdEvent,
    UsageSample,
)

BATCH = 1_000  # rows in one transaction; writers wait about 20 ms for it
BATCH_TEXTS = 200  # some are megabytes


def delete_session(session: LLMSession, *, user: Any = None) -> None:
    """Delete its samples, events, compressions with texts, lanes, policies and row, and
    take it off the project's counts. Call outside a transaction.

    A report that arrives meanwhile is deleted too. A later one makes a new session.
    """
    _delete_facts(session.pk)
    with transaction.atomic():
        row = _locked(session.pk)
        if row is None:
            return
        _delete_now(row)
        audit("session_deleted", target=row.key, project=row.project, user=user)
        ConfigVersion.bump()  # the session's own policy is deleted with it


def delete_project(project: Project, *, user: Any = None) -> None:
    """Delete it with its sessions. Its keys are revoked first: else a report that
    arrives meanwhile would make a session again.
    """
    with transaction.atomic():
        ApiKey.objects.filter(project=project, revoked_at=None).update(
            revoked_at=timezone.now()
        )
        ConfigVersion.bump()
    sessions = LLMSession.objects.filter(project=project)
    deleted = 0
    while pk := sessions.order_by("pk").values_list("pk", flat=True).first():
        _delete_facts(pk)
        with transaction.atomic():
            row = _locked(pk)
            if row is not None:
                _delete_now(row)
        deleted += 1
    # Those of no session.
    _in_batches(GatewayCall, GatewayCall.objects.filter(project=project), BATCH)
    with transaction.atomic():
        audit(
            "project_deleted",
            target=project.slug,
            detail=f"{project.name}: {deleted:,} sessions",
            user=user,
        )
        project.delete()
        ConfigVersion.bump()


def _delete_facts(session_id: int) -> None:
    """Most rows, batch by batch. Reports may still arrive meanwhile."""
    texts = CompressionText.objects.filter(compression__session=session_id)
    _in_batches(CompressionText, texts, BATCH_TEXTS)
    _in_batches(StoredCut, StoredCut.objects.filter(session=session_id), BATCH_TEXTS)
    _in_batches(GatewayCall, GatewayCall.objects.filter(session=session_id), BATCH)
    for model in (UsageSample, ThresholdEvent, Compression):
        _delete_counted(model.objects.filter(session=session_id))
    keys = EventKey.objects.filter(session=session_id)
    while digests := list(keys.values_list("digest", flat=True)[:900]):
        keys.filter(digest__in=digests).delete()


def _delete_counted(rows: Any) -> None:
    """Rows that hourly sums count: both change in one transaction."""
    while True:
        with transaction.atomic():
            # By time, because PostgreSQL has no index on a sample's id alone.
            batch = list(rows.order_by("at", "pk")[:BATCH])
            if not batch:
                return
            known = [row.pk for row in batch]
            rows.filter(at__lte=batch[-1].at, pk__in=known).delete()
            take_off(batch[0].project_id, batch)


def _in_batches(model: type[Model], rows: Any, size: int) -> None:
    while ids := list(rows.values_list("pk", flat=True)[:size]):
        model._default_manager.filter(pk__in=ids).delete()


def _locked(session_id: int) -> LLMSession | None:
    """Lock the session before its project, as writers do: the other order would
    deadlock with them.
    """
    rows = LLMSession.objects.filter(pk=session_id)
    if connection.features.has_select_for_update:
        rows = rows.select_for_update()
    return rows.first()


def _delete_now(session: LLMSession) -> None:
    """Delete what is left of it, and take it off the count of its level."""
    level = f"{session.level}_count"
    for model in (UsageSample, ThresholdEvent, Compression):
        take_off(session.project_id, model.objects.filter(session=session))
    EventKey.objects.filter(session=session).delete()
    cuts.forget(session.project_id, session.key)
    LLMSession.objects.filter(pk=session.pk).delete()
    Project.objects.filter(pk=session.project_id).update(**{level: F(level) - 1})


def delete_if_idle(session_id: int, *, since: datetime) -> bool:
    """Delete a session whose last report is older than `since`. False where it is not.

    Delete its samples first: the rest goes in one transaction.
    """
    with transaction.atomic():
        row = _locked(session_id)
        if row is None or row.last_at is None or row.last_at >= since:
            return False
        _delete_now(row)
        return True
