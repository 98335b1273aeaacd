"""The fleet over time: levels reached, tokens in use, compressions, fullest models."""

from __future__ import annotations

from itertools import chain

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from tracker.domain.budget.status import LEVELS
from tracker.models.rollups import SUMS
from tracker.pages.charts.fleet_data import (
    Step,
    TimeRange,
    fullest_models,
    span_of,
    steps_of,
    total_of,
)
from tracker.pages.charts.fleet_history import fleet_figures
from tracker.pages.frame.chrome import chosen_projects
from tracker.pages.frame.filters import one_of
from tracker.reading.csv_text import csv_text

PERIOD_WORDS = {"24h": "24 hours", "14d": "14 days", "all": "All"}
TABLE_ROWS = 60  # the newest; the CSV has all of them


@require_GET
@login_required
def fleet(request: HttpRequest) -> HttpResponse:
    span, steps = _asked(request)
    models, is_cut = fullest_models(_project_ids(request), span)
    context = {
        "period": period_of(request),
        "periods": PERIOD_WORDS.items(),
        "span": span,
        "total": total_of(steps),
        "steps": steps[: -TABLE_ROWS - 1 : -1],
        "step_count": len(steps),
        "levels": list(reversed(LEVELS)),
        "models": models,
        "is_cut": is_cut,
    }
    return render(request, "tracker/fleet/fleet.html", context)


@require_GET
@login_required
def fleet_figure(request: HttpRequest) -> JsonResponse:
    """The charts as plotly's JSON, by name, in the colours of ?theme=dark or light."""
    span, steps = _asked(request)
    theme = one_of(request.GET, "theme", ("dark", "light")) or "dark"
    return JsonResponse(fleet_figures(steps, span, theme=theme))


@require_GET
@login_required
def fleet_csv(request: HttpRequest) -> HttpResponse:
    """A line per step (hour, day or weeks) with something in it, oldest first."""
    _, steps = _asked(request)
    rows = ([step.at, *(step.counts[name] for name in SUMS)] for step in steps)
    response = HttpResponse(
        csv_text(chain([["at", *SUMS]], rows)), content_type="text/csv"
    )
    name = f"fleet-{period_of(request)}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def period_of(request: HttpRequest) -> str:
    """One of PERIOD_WORDS."""
    return one_of(request.GET, "period", PERIOD_WORDS) or "14d"


def _project_ids(request: HttpRequest) -> list[int]:
    return [project.pk for project in chosen_projects(request)]


def _asked(request: HttpRequest) -> tuple[TimeRange, list[Step]]:
    ids = _project_ids(request)
    span = span_of(period_of(request), ids, now=timezone.now())
    return span, steps_of(ids, span)
