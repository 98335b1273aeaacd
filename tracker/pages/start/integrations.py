"""For each source: what to paste, whether data has arrived, and what was ignored."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Max, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from tracker.models import ApiKey, LLMSession, Project, SourceActivity
from tracker.pages.frame.chrome import chosen_projects
from tracker.pages.start.agents import agents_shown
from tracker.pages.start.integration_lines import WAYS, Way
from tracker.sources import litellm
from tracker.sources.otlp import REASONS as OTLP_REASONS

KNOWN = "known_already"
REASONS = {
    KNOWN: "duplicate: sent again, or the same call from another source",
    **litellm.REASONS,
    **OTLP_REASONS,
}


@dataclass(frozen=True, slots=True)
class ShownWay:
    """A way in with what has come by it. `last_at` None: nothing yet."""

    way: Way
    lines: list[tuple[str, str]]
    last_at: datetime | None
    report_count: int
    session_count: int
    rejected_count: int
    last_error: str
    ignored: list[tuple[str, int]]

    @property
    def has_brought(self) -> bool:
        """Not if all that came was refused."""
        return bool(self.report_count or self.session_count or self.ignored)


@require_GET
@login_required
def integrations(request: HttpRequest) -> HttpResponse:
    projects = chosen_projects(request)
    address = request.build_absolute_uri(reverse("overview")).rstrip("/")
    sessions = _by_origin(projects)
    activity = list(SourceActivity.objects.filter(project__in=projects))
    ways = [_shown(way, address, sessions, activity) for way in WAYS]
    context = {
        **agents_shown(request),
        "ways": ways,
        "arrived": sum(way.has_brought for way in ways),
        "counted": sum(not shown.way.arrives_as for shown in ways),
        "keys": ApiKey.objects.usable().filter(project__in=projects),
        "administered": Project.objects.administered_by(request.user).filter(
            pk__in=[project.pk for project in projects]
        ),
        "address": address,
    }
    return render(request, "tracker/integrations.html", context)


def _by_origin(projects: list[Project]) -> dict[str, dict[str, Any]]:
    rows = LLMSession.objects.filter(project__in=projects).values("origin")
    found = rows.annotate(
        sessions=Count("pk"), reports=Sum("sample_count"), changed=Max("changed_us")
    )
    return {row["origin"]: dict(row) for row in found}


def _shown(
    way: Way,
    address: str,
    sessions: dict[str, dict[str, Any]],
    activity: list[SourceActivity],
) -> ShownWay:
    origins = [sessions[name] for name in way.origins if name in sessions]
    sent = [row for row in activity if row.source in way.sources]
    times = [row.last_at for row in sent]
    times += [datetime.fromtimestamp(o["changed"] / 1e6, UTC) for o in origins]
    ignored: Counter[str] = Counter()
    for row in sent:
        ignored += Counter(row.ignored) + Counter({KNOWN: row.twin_count})
    return ShownWay(
        way=way,
        lines=[(name, text.replace("ADDRESS", address)) for name, text in way.lines],
        last_at=max(times, default=None),
        report_count=sum(row.report_count for row in sent)
        or sum(o["reports"] or 0 for o in origins),
        session_count=sum(o["sessions"] for o in origins),
        rejected_count=sum(row.rejected_count for row in sent),
        last_error=next((row.last_error for row in sent if row.last_error), ""),
        ignored=[(REASONS.get(name, name), n) for name, n in ignored.most_common()],
    )
