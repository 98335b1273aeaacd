"""Digests: a rule's messages of a day become one."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from tracker.domain.alert_digests import together
from tracker.models import AlertDelivery


def gather(now: datetime) -> int:
    """Make one message of the due ones of each rule and channel; how many were made.

    The oldest carries the text and is sent like any other. The rest count as sent with
    it: in one transaction, so that no message is told twice or lost.
    """
    due = AlertDelivery.objects.filter(
        state="waiting", is_gathered=True, due_at__lte=now
    )
    pairs = due.order_by("rule", "channel").values_list("rule", "channel").distinct()
    for rule, channel in pairs:
        with transaction.atomic():
            rows = due.filter(rule=rule, channel=channel).select_for_update()
            _fold(list(rows.order_by("created_at", "pk")), now)
    return len(pairs)


def _fold(rows: list[AlertDelivery], now: datetime) -> None:
    if not rows:  # another process was first
        return
    first, *rest = rows
    if rest:
        first.message = together([row.message for row in rows])
    first.is_gathered = False
    first.save(update_fields=["message", "is_gathered"])
    AlertDelivery.objects.filter(pk__in=[row.pk for row in rest]).update(
        is_gathered=False, state="sent", answer="told in the digest", answered_at=now
    )
