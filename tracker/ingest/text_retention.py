"""Forgets the words of old compressions; their numbers stay."""

from __future__ import annotations

from datetime import datetime, timedelta

from tracker.models import CompressionText, Project

BATCH = 500  # texts in one statement: some are megabytes


def forget_old_texts(*, now: datetime) -> int:
    """Delete texts older than their project's retention_days; answers how many.

    Projects without retention_days keep theirs. Batched: writers wait for one batch
    at most. Call outside of a transaction.
    """
    forgotten = 0
    projects = Project.objects.exclude(retention_days=None).order_by("pk")
    for project in projects:
        border = now - timedelta(days=project.retention_days or 0)
        forgotten += _forget(project, border)
    return forgotten


def _forget(project: Project, border: datetime) -> int:
    forgotten = 0
    old = CompressionText.objects.filter(
        compression__project=project, compression__at__lt=border
    )
    while ids := list(old.values_list("pk", flat=True)[:BATCH]):
        CompressionText.objects.filter(pk__in=ids).delete()
        forgotten += len(ids)
    return forgotten
