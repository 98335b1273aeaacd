"""Rules that wait for nothing to happen: no report for a number of minutes."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Max

from tracker.models import AlertDelivery, AlertRule, LLMSession


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
            AlertDelivery(
                project_id=rule.project_id,
                channel_id=rule.channel_id,
                rule=rule,
                # Unique for each rule: one silence is told once.
                about=f"silent since {last.isoformat()}",
                message={
                    "kind": "silent",
                    "rule": rule.name,
                    "title": f"No report for {rule.number:g} minutes",
                    "text": f"The last one came at {last:%Y-%m-%d %H:%M:%S} UTC.",
                    "at": last.isoformat(),
                },
                created_at=now,
                due_at=rule.as_rule().due(now),
                is_gathered=rule.as_rule().is_gathered(is_urgent=False),
            )
        )
    known = AlertDelivery.objects.filter(about__in=[row.about for row in rows])
    before = set(known.values_list("rule", "about"))
    fresh = [row for row in rows if (row.rule_id, row.about) not in before]
    AlertDelivery.objects.bulk_create(fresh, ignore_conflicts=True)
    return len(fresh)
