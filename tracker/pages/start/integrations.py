"""For each source: what to paste, whether data has arrived, and what was ignored."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from tracker.models import ApiKey, LLMSession, Project, SourceActivity
from tracker.pages.frame.chrome import chosen_projects
from tracker.pages.start.agents import agents_shown
from tracker.pages.start.integration_lines import WAYS, Way
from tracker.reading.sessions.listing.lists import sessions_of
from tracker.reading.several_projects import FEW
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
    """A source and what has arrived by it. `last_at` None: nothing yet."""

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
    return render(request, "tracker/start/integrations.html", context)


@dataclass(frozen=True, slots=True)
class Came:
    """What has arrived by an origin. `reports` None: too many sessions to add up."""

    sessions: int
    reports: int | None
    last_at: datetime


def _by_origin(projects: list[Project]) -> dict[str, Came]:
    """Counted from an index alone, whatever the number of sessions. When the last one
    came is exact for the origins of the FEW last active sessions; of the others it is
    the last report of their newest session.
    """
    shown = LLMSession.objects.filter(project__in=[p.pk for p in projects])
    active = sessions_of(projects).exclude(last_at=None).order_by("-last_at")
    last: dict[str, datetime] = {}
    for origin, at in active.values_list("origin", "last_at")[:FEW]:
        if at is not None:
            last.setdefault(origin, at)
    counts = shown.order_by().values_list("origin").annotate(Count("pk"))
    found = {}
    for origin, count in counts:
        rows = shown.filter(origin=origin)
        reports = None
        if count <= FEW:
            reports = rows.aggregate(Sum("sample_count"))["sample_count__sum"]
        newest = rows.order_by("-pk").values_list("last_at", "created_at")[:1]
        at = last.get(origin) or next(a or b for a, b in newest)
        found[origin] = Came(count, reports, at)
    return found


def _shown(
    way: Way,
    address: str,
    sessions: dict[str, Came],
    activity: list[SourceActivity],
) -> ShownWay:
    origins = [sessions[name] for name in way.origins if name in sessions]
    sent = [row for row in activity if row.source in way.sources]
    times = [row.last_at for row in sent]
    times += [came.last_at for came in origins]
    ignored: Counter[str] = Counter()
    for row in sent:
        ignored += Counter(row.ignored) + Counter({KNOWN: row.twin_count})
    return ShownWay(
        way=way,
        lines=[(name, text.replace("ADDRESS", address)) for name, text in way.lines],
        last_at=max(times, default=None),
        report_count=sum(row.report_count for row in sent)
        or sum(came.reports or 0 for came in origins),
        session_count=sum(came.sessions for came in origins),
        rejected_count=sum(row.rejected_count for row in sent),
        last_error=next((row.last_error for row in sent if row.last_error), ""),
        ignored=[(REASONS.get(name, name), n) for name, n in ignored.most_common()],
    )
