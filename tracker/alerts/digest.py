"""Digests: a rule's messages of a day become one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from tracker.models import AlertDelivery

MOST_LINES = 20  # a channel's message is short


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
        first.message = _together([row.message for row in rows])
    first.is_gathered = False
    first.save(update_fields=["message", "is_gathered"])
    AlertDelivery.objects.filter(pk__in=[row.pk for row in rest]).update(
        is_gathered=False, state="sent", answer="told in the digest", answered_at=now
    )


def _together(messages: list[dict[str, Any]]) -> dict[str, Any]:
    """`3 alerts of “Critical sessions”`, and a line for each."""
    lines = [f"{each['title']}. {each['text']}" for each in messages[:MOST_LINES]]
    if len(messages) > MOST_LINES:
        lines.append(f"… and {len(messages) - MOST_LINES:,} more.")
    rule = messages[0].get("rule", "")
    return {
        "kind": "digest",
        "title": f"{len(messages):,} alerts of “{rule}”",
        "text": "\n".join(lines),
        "count": len(messages),
        "rule": rule,
        "at": messages[-1].get("at"),
        "page": ["alerts"],
        "sessions": sorted({each["session"] for each in messages if "session" in each}),
    }
