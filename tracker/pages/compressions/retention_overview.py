"""What compressions keep: retention by class over time, the worst, who does best."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from tracker.domain.conversation.facts import FACT_KINDS
from tracker.models import Compression, CompressionText, Project
from tracker.pages.charts.retention_history import Day, retention_history
from tracker.pages.frame.chrome import chosen_projects
from tracker.pages.frame.filters import one_of

PERIODS = {"14d": timedelta(days=14), "90d": timedelta(days=90), "all": None}
PERIOD_WORDS = {"14d": "14 days", "90d": "90 days", "all": "All"}
MOST_READ = 1_000  # compressions of one page; newest first
WORST = 10


@dataclass(frozen=True, slots=True)
class KindScore:
    """Compressions of one kind. `score` is their median, None where none has one."""

    name: str
    count: int
    score: float | None
    saved_tokens: int

    @property
    def score_percent(self) -> str:
        return f"{100 * (self.score or 0):.1f}"


@require_GET
@login_required
def retention(request: HttpRequest) -> HttpResponse:
    rows = _rows(request)
    scores = [row.score for row in rows if row.score is not None]
    context = {
        "period": _period(request),
        "periods": PERIOD_WORDS.items(),
        "count": len(rows),
        "is_cut": len(rows) == MOST_READ,
        "saved_tokens": sum(max(0, row.saved_tokens) for row in rows),
        "median_score": median(scores) if scores else None,
        "used_again": sum(row.used_again or 0 for row in rows),
        "worst": sorted(
            (row for row in rows if row.score is not None),
            key=lambda row: (row.score, -(row.facts_lost or 0)),
        )[:WORST],
        "by_trigger": groups(rows, lambda row: row.told_by),
        "by_model": groups(rows, lambda row: row.model or "unknown model"),
        "days": days_of(rows),
        "now": timezone.now(),
    }
    return render(request, "tracker/compressions/retention.html", context)


@require_GET
@login_required
def retention_figure(request: HttpRequest) -> JsonResponse:
    theme = one_of(request.GET, "theme", ("dark", "light")) or "dark"
    return JsonResponse(retention_history(days_of(_rows(request)), theme=theme))


def _period(request: HttpRequest) -> str:
    return one_of(request.GET, "period", PERIODS) or "14d"


def _rows(request: HttpRequest) -> list[Compression]:
    period = PERIODS[_period(request)]
    since = timezone.now() - period if period else None
    return list(compressions_since(chosen_projects(request), since)[:MOST_READ])


def compressions_since(
    projects: Iterable[Project], since: datetime | None
) -> QuerySet[Compression]:
    """Compressions that replaced messages; advice is left out."""
    found = Compression.objects.filter(
        project__in=[p.pk for p in projects], is_advice=False
    )
    if since is not None:
        found = found.filter(at__gte=since)
    return found.select_related("session").order_by("-at", "-pk")


def groups(rows: Sequence[Compression], name_of: Any) -> list[KindScore]:
    """The largest number of compressions first."""
    found: defaultdict[str, list[Compression]] = defaultdict(list)
    for row in rows:
        found[name_of(row)].append(row)
    made = [
        KindScore(
            name,
            len(of),
            median(scores)
            if (scores := [r.score for r in of if r.score is not None])
            else None,
            sum(max(0, row.saved_tokens) for row in of),
        )
        for name, of in found.items()
    ]
    return sorted(made, key=lambda group: (-group.count, group.name))


def days_of(rows: Sequence[Compression]) -> list[Day]:
    """One per day with a compression, oldest first."""
    kinds = dict(
        CompressionText.objects.filter(pk__in=[row.pk for row in rows]).values_list(
            "pk", "analysis__facts_by_kind"
        )
    )
    kept: Counter[tuple[date, str]] = Counter()
    whole: Counter[tuple[date, str]] = Counter()
    saved: Counter[date] = Counter()
    for row in rows:
        day = row.at.date()
        saved[day] += max(0, row.saved_tokens)
        for kind, counts in (kinds.get(row.pk) or {}).items():
            kept[day, kind] += counts["kept"]
            whole[day, kind] += counts["kept"] + counts["lost"]
    return [
        Day(
            day,
            saved[day],
            {
                kind: kept[day, kind] / whole[day, kind]
                for kind in FACT_KINDS
                if whole[day, kind]
            },
        )
        for day in sorted(saved)
    ]
