"""Deletes sessions with everything that belongs to them, in batches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Model

from tracker.changes.audit import audit
from tracker.domain.alert_digests import without
from tracker.ingest.compressing import cuts
from tracker.ingest.rows.recounting.rollups import take_off
from tracker.models import (
    AlertDelivery,
    Compression,
    CompressionComposition,
    CompressionText,
    ConfigVersion,
    EventKey,
    GatewayCall,
    LLMSession,
    PackedKeys,
    Project,
    StoredCut,
    ThresholdEvent,
    UsageSample,
)

BATCH = 1_000  # rows in one transaction; writers wait about 20 ms for it
BATCH_TEXTS = 200  # some are megabytes


def delete_session(session: LLMSession, *, user: Any = None) -> None:
    """Delete its samples, events, compressions with texts, lanes, policies, what alerts
    said of it and its row, and take it off the project's counts. Call outside a
    transaction.

    A report that arrives meanwhile is deleted too. A later one makes a new session.
    """
    _delete_facts(session.pk)
    with transaction.atomic():
        row = _locked(session)
        if row is None:
            return
        _delete_now(row)
        audit("session_deleted", target=row.key, project=row.project, user=user)
        ConfigVersion.bump()  # the session's own policy is deleted with it


def _delete_facts(session_id: int) -> None:
    """Most rows, batch by batch. Reports may still arrive meanwhile."""
    texts = CompressionText.objects.filter(compression__session=session_id)
    _in_batches(CompressionText, texts, BATCH_TEXTS)
    filled = CompressionComposition.objects.filter(compression__session=session_id)
    _in_batches(CompressionComposition, filled, BATCH_TEXTS)
    _in_batches(StoredCut, StoredCut.objects.filter(session=session_id), BATCH_TEXTS)
    _in_batches(GatewayCall, GatewayCall.objects.filter(session=session_id), BATCH)
    for model in (UsageSample, ThresholdEvent, Compression):
        _delete_counted(model.objects.filter(session=session_id))
    keys = EventKey.objects.filter(session=session_id)
    while digests := list(keys.values_list("digest", flat=True)[:900]):
        keys.filter(digest__in=digests).delete()
    packed = PackedKeys.objects.filter(session=session_id)
    while firsts := list(packed.values_list("first", flat=True)[:BATCH_TEXTS]):
        packed.filter(first__in=firsts).delete()


def _delete_counted(rows: Any) -> None:
    """Rows that hourly sums count: both change in one transaction."""
    while True:
        with transaction.atomic():
            # By time, because PostgreSQL has no index on only a sample's id.
            batch = list(rows.order_by("at", "pk")[:BATCH])
            if not batch:
                return
            known = [row.pk for row in batch]
            rows.filter(at__lte=batch[-1].at, pk__in=known).delete()
            take_off(batch[0].project_id, batch)
            if rows.model is UsageSample:
                ConfigVersion.samples_deleted()


def _in_batches(model: type[Model], rows: Any, size: int) -> None:
    while ids := list(rows.values_list("pk", flat=True)[:size]):
        model._default_manager.filter(pk__in=ids).delete()


def _locked(session: LLMSession) -> LLMSession | None:
    """Lock the session before its project, as writers do: the other order would
    deadlock with them.
    """
    rows = LLMSession.objects.filter(project=session.project_id, pk=session.pk)
    if connection.features.has_select_for_update:
        rows = rows.select_for_update()
    return rows.first()


def _delete_now(session: LLMSession) -> None:
    """Delete what is left of it, and take it off the count of its level."""
    _delete_all_now([session])


def _delete_all_now(sessions: Sequence[LLMSession]) -> None:
    ids = [session.pk for session in sessions]
    levels: dict[int, Counter[str]] = {}
    keys: dict[int, list[str]] = {}
    for session in sessions:
        keys.setdefault(session.project_id, []).append(session.key)
        levels.setdefault(session.project_id, Counter())[session.level] += 1
        cuts.forget(session.project_id, session.key)
    for model in (UsageSample, ThresholdEvent, Compression):
        for row in model.objects.filter(session__in=ids):
            take_off(row.project_id, [row])
    for project_id, names in keys.items():
        _forget_told(project_id, names)
    EventKey.objects.filter(session__in=ids).delete()
    PackedKeys.objects.filter(session__in=ids).delete()
    LLMSession.objects.filter(pk__in=ids).delete()
    for project_id, gone in levels.items():
        fewer = {f"{level}_count": F(f"{level}_count") - n for level, n in gone.items()}
        Project.objects.filter(pk=project_id).update(**fewer)


def _forget_told(project_id: int, keys: Sequence[str]) -> None:
    """Messages that alerts, comments and reviewers have sent hold titles, and words of
    messages. A digest that is still on its way loses its lines about these sessions.
    """
    told = AlertDelivery.objects.filter(project=project_id)
    if not told.exists():
        return
    told.filter(message__session__in=list(keys)).delete()
    gone = set(keys)
    for row in told.filter(message__kind="digest"):
        if gone.isdisjoint(row.message.get("sessions", ())):
            continue
        left = without(row.message, gone) if row.state == "waiting" else None
        if left is None:
            row.delete()
        else:
            AlertDelivery.objects.filter(pk=row.pk).update(message=left)


def delete_idle(ids: Sequence[int], *, project: Project, since: datetime | None) -> int:
    """Delete those of these sessions of the project whose last report is older than
    `since`, or all; answers how many.

    Delete their samples first: the rest goes in one transaction.
    """
    with transaction.atomic():
        rows = LLMSession.objects.filter(pk__in=ids).order_by("pk")
        if since is not None:
            rows = rows.filter(last_at__lt=since)
        if connection.features.has_select_for_update:
            # Before their project, and in the order in which writers lock them. With
            # the project, so that a distributed database finds them on one node.
            rows = rows.filter(project=project).select_for_update()
        found = list(rows)
        if found:
            _delete_all_now(found)
    return len(found)
