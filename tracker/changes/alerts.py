"""Changes channels and rules, and sends a message again."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from tracker.changes.audit import audit
from tracker.changes.values import changed_values
from tracker.domain.conversation.text.visible_text import visible
from tracker.models import (
    AlertChannel,
    AlertDelivery,
    AlertRule,
    Compression,
    ConfigVersion,
)

# An incoming webhook's address is one, too.
SECRET = ("target", "secret")


@transaction.atomic
def save_alert(row: AlertChannel | AlertRule) -> None:
    """The next report is judged by it, in every process. Validate first."""
    before = type(row).objects.filter(pk=row.pk).first()
    row.save()
    ConfigVersion.bump()
    names = [field.name for field in row._meta.fields if field.name != "id"]
    said = changed_values(before, row, names, secret=SECRET)
    detail = said if before else f"Added: {row.get_kind_display()}"
    audit("alert_changed", target=row, project=row.project, detail=detail)


@transaction.atomic
def remove_alert(row: AlertChannel | AlertRule) -> None:
    """A channel goes with its rules and its messages."""
    audit("alert_removed", target=row, project=row.project)
    row.delete()
    ConfigVersion.bump()


def send_again(row: AlertDelivery) -> None:
    """Due now, with all its tries. It keeps its id, so a receiver knows the copy."""
    row.due_at, row.attempts, row.state = timezone.now(), 0, "waiting"
    row.save(update_fields=["due_at", "attempts", "state"])


def send_test(channel: AlertChannel) -> AlertDelivery:
    now = timezone.now()
    return AlertDelivery.objects.create(
        project=channel.project,
        channel=channel,
        about="test",
        message={
            "kind": "test",
            "title": "A test of Token Budget's alerts",
            "text": f"Messages of the project {channel.project} arrive here.",
            "at": now.isoformat(),
        },
        created_at=now,
        due_at=now,
    )


def tell_of_compression(
    compression: Compression,
    channels: QuerySet[AlertChannel],
    *,
    kind: str,
    about: str,
    said: str,
    text: str,
) -> int:
    """A message to each of `channels`, due now, with the session's name before `said`;
    how many.
    """
    session, now = compression.session, timezone.now()
    name = visible(session.title or session.key)[:120]
    message = {
        "kind": kind,
        "session": session.key,
        "session_title": session.title,
        "title": f"{name}: {said}",
        "text": text,
        "compression": compression.pk,
        "at": now.isoformat(),
        "page": ["compression", compression.pk],
    }
    rows = AlertDelivery.objects.bulk_create(
        AlertDelivery(
            project=compression.project,
            channel=channel,
            about=about,
            message=message,
            created_at=now,
            due_at=now,
        )
        for channel in channels
    )
    return len(rows)
