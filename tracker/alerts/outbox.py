"""Delivers what waits: claims a message, sends it, notes the answer, tries again."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from tracker.alerts.digest import gather
from tracker.alerts.sending import Sent, send
from tracker.alerts.watching.spending import about_month
from tracker.models import AlertDelivery

# Seconds until the next attempt; after the last one it is given up.
PAUSES = (10, 30, 120, 600, 3_600)
# A process that dies while it sends leaves its claim; another one sends again then.
CLAIM = timedelta(minutes=5)
AT_ONCE = 8
KEPT = timedelta(days=30)
logger = logging.getLogger("tracker.alerts")


def deliver_due(now: datetime | None = None) -> int:
    """Send what is due, at most AT_ONCE messages; how many. At least once: a message
    counts as sent only after the answer is stored.
    """
    now = now or timezone.now()
    gather(now)
    claimed = [row for row in _due(now) if _claim(row, now)]
    if not claimed:
        return 0
    # A channel that does not answer holds up only itself.
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for row, sent in zip(claimed, pool.map(send, claimed), strict=True):
            note(row, sent)
    return len(claimed)


def _due(now: datetime) -> list[AlertDelivery]:
    waiting = AlertDelivery.objects.filter(
        state="waiting", due_at__lte=now, is_gathered=False
    )
    # The first of each channel before the second of any: a thousand messages to a
    # dead receiver would else go before the only one of another project.
    turn = Window(RowNumber(), partition_by="channel", order_by=("due_at", "pk"))
    found = waiting.select_related("channel", "project").annotate(turn=turn)
    return list(found.order_by("turn", "due_at", "pk")[:AT_ONCE])


def _claim(row: AlertDelivery, now: datetime) -> bool:
    """False where another process was first."""
    same = AlertDelivery.objects.filter(
        pk=row.pk, state="waiting", due_at=row.due_at, attempts=row.attempts
    )
    is_ours = bool(same.update(due_at=now + CLAIM, attempts=F("attempts") + 1))
    row.attempts += is_ours
    return is_ours


def note(row: AlertDelivery, sent: Sent) -> None:
    """Store the answer, and when to try again."""
    now = timezone.now()
    row.answer, row.answered_at = sent.text, now
    if sent.is_delivered:
        row.state = "sent"
    elif row.attempts > len(PAUSES):
        row.state = "failed"
        logger.warning("An alert was given up after %s tries", row.attempts)
    else:
        row.due_at = now + timedelta(seconds=PAUSES[row.attempts - 1])
    # Not `save`: it raises where the channel was removed meanwhile. The messages sent
    # beside it would not be noted, and their receivers get them twice.
    AlertDelivery.objects.filter(pk=row.pk).update(
        state=row.state, answer=row.answer, answered_at=now, due_at=row.due_at
    )


def forget_old(now: datetime) -> int:
    """A month may have 31 days: without the message of its budget, which was passed on
    the first, that would be told once more on the last.
    """
    old = AlertDelivery.objects.filter(created_at__lt=now - KEPT)
    old = old.exclude(about=about_month(now.astimezone(UTC).date()))
    return int(old.exclude(state="waiting").delete()[0])
