"""What a policy judges, and its page's form."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from tracker.domain.reports import Parts, UsageReport
from tracker.ingest.arrivals import Arrival
from tracker.ingest.judging.record import Recorder
from tracker.models import Policy, Project
from tracker.pages.policies.form import NUMBER_FIELDS


def report(project: Project, session: str, used: int, **more: Any) -> None:
    """A counted report, recorded; `ago` is a timedelta before now."""
    now = timezone.now()
    usage = UsageReport(
        session=session,
        used_tokens=used,
        parts=Parts(history=used),
        source="counted",
        at=now - more.pop("ago", timedelta()),
        **more,
    )
    Recorder().record([Arrival(project.pk, usage, now)])


def numbers(policy: Policy, **changes: Any) -> dict[str, str]:
    """The page's form as the browser sends it."""
    values = {name: getattr(policy, name) for name in NUMBER_FIELDS} | changes
    return {k: "" if v is None else str(v) for k, v in values.items()}
