"""Reads what the processes of the cluster test have left, as one JSON object."""

from __future__ import annotations

import json
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta

import django


def main() -> None:
    django.setup()
    from tracker.domain.budget.status import LEVELS
    from tracker.ingest.rows.packed_keys import digests_of
    from tracker.models import (
        HourlyRollup,
        LLMSession,
        PackedKeys,
        Project,
        ThresholdEvent,
        UsageSample,
    )
    from tracker.reading.spend.cells import BY, spend_of
    from tracker.reading.spend.days import spend_by_day

    project = Project.objects.get(pk=int(sys.argv[1]))
    sessions = LLMSession.objects.filter(project=project)
    samples = UsageSample.objects.filter(project=project)
    events = ThresholdEvent.objects.filter(project=project).order_by("seq")
    until = datetime.now(UTC) + timedelta(days=9_999)
    spend = spend_of([project], None, until)
    hours = Counter(f"{at:%Y-%m-%d %H}" for at in samples.values_list("at", flat=True))
    spent: Counter[str] = Counter()
    days: Counter[str] = Counter()
    for cell in spend.cells:
        spent[f"{cell.hour:%Y-%m-%d %H}"] += cell.requests
    for cell in spend_by_day([project], None, until, by=BY).cells:
        days[f"{cell.hour:%Y-%m-%d}"] += cell.requests
    found = {
        "hours": hours,
        "hours_of_spend": spent,
        "days_of_spend": days,
        "samples": samples.count(),
        "event_ids": samples.values("session_id", "event_id").distinct().count(),
        "keys": sum(map(len, digests_of([s.pk for s in sessions]).values())),
        "packed": PackedKeys.objects.filter(project_id=project.pk).count(),
        "rolled_up": sum(
            row.samples for row in HourlyRollup.objects.filter(project=project)
        ),
        "rolled_up_events": sum(
            getattr(row, f"{level}_events")
            for row in HourlyRollup.objects.filter(project=project)
            for level in LEVELS
        ),
        "last_seq": project.last_seq,
        "seqs": [event.seq for event in events],
        "kept_levels": {level: getattr(project, f"{level}_count") for level in LEVELS},
        "levels": dict(Counter(session.level for session in sessions)),
        "sessions": {
            session.key: {
                "used_tokens": session.used_tokens,
                "level": session.level,
                "event_level": session.event_level,
                "sample_count": session.sample_count,
                "samples": samples.filter(session=session).count(),
                "event_count": session.event_count,
                "newest": samples.filter(session=session)
                .order_by("-at")
                .values_list("used_tokens", flat=True)
                .first(),
                "late": samples.filter(session=session, is_late=True).count(),
                "steps": [
                    [event.from_level, event.to_level]
                    for event in events
                    if event.session_id == session.pk
                ],
            }
            for session in sessions
        },
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
