"""Rules that wait for nothing to happen: no report for a number of minutes."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Max

from tracker.alerts.watching.putting_out import message_of, put_out
from tracker.models import AlertRule, LLMSession


def note_silence(now: datetime) -> int:
    """Put out one message per silence for each rule; how many. A project that has never
    reported is not silent.
    """
    rows = []
    for rule in AlertRule.objects.filter(kind="silent", is_on=True):
        sessions = LLMSession.objects.filter(project=rule.project_id)
        last = sessions.aggregate(last=Max("last_at"))["last"]
        limit = timedelta(minutes=rule.number or 0)
        if last is None or now - last < limit:
            continue
        rows.append(
            message_of(
                rule,
                now,
                about=f"silent since {last.isoformat()}",
                title=f"No report for {rule.number:g} minutes",
                text=f"The last one came at {last:%Y-%m-%d %H:%M:%S} UTC.",
                at=last,
            )
        )
    return put_out(rows)
