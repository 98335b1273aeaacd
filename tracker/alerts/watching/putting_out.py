"""A message of a rule that no report triggers, and that it is put out once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tracker.models import AlertDelivery, AlertRule


def message_of(
    rule: AlertRule,
    now: datetime,
    *,
    about: str,
    title: str,
    text: str,
    at: datetime,
    **more: Any,
) -> AlertDelivery:
    """A message, not stored yet. `about` is unique for each rule: a second one with the
    same `about` is not sent.
    """
    own = rule.as_rule()
    told = {"kind": rule.kind, "rule": rule.name, "title": title, "text": text}
    return AlertDelivery(
        project_id=rule.project_id,
        channel_id=rule.channel_id,
        rule=rule,
        about=about,
        message=told | {"at": at.isoformat(), **more},
        created_at=now,
        due_at=own.due(now),
        is_gathered=own.is_gathered(is_urgent=False),
    )


def put_out(rows: Sequence[AlertDelivery]) -> int:
    """Store those that are new, for the keeper to send; how many."""
    known = AlertDelivery.objects.filter(about__in={row.about for row in rows})
    before = set(known.values_list("rule", "about"))
    fresh = [row for row in rows if (row.rule_id, row.about) not in before]
    AlertDelivery.objects.bulk_create(fresh, ignore_conflicts=True)
    return len(fresh)
