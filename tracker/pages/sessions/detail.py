"""One session: how full, what filled it, what judges it, what happened."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.views.decorators.http import require_GET

from tracker.domain.plan_limits import CLAUDE, CODEX
from tracker.models import DeletedFile, GatewayCall, LLMSession, Project, UsageSample
from tracker.pages.charts.chart_range import chart_range
from tracker.pages.charts.palette import PART_WORDS
from tracker.pages.frame.chrome import projects_of
from tracker.pages.frame.filters import page_at
from tracker.pages.frame.fragments import htmx_of, shared_page_or_fragment
from tracker.pages.policies.fields import is_gateway_as_built_in, judged_by_rows
from tracker.pages.sessions.composition import shown_composition
from tracker.pages.sessions.present import judged_lanes, judged_session, tags_of
from tracker.reading.event_lists import newest_first
from tracker.reading.plan_limits import plan_limits_of
from tracker.reading.policies.policy_shelf import present_policies
from tracker.reading.sessions.cache import cache_of
from tracker.reading.sessions.clients import client_of
from tracker.reading.sessions.costs import cost_of_session
from tracker.reading.sessions.counting import counting_of
from tracker.reading.sessions.history import forecast_for
from tracker.reading.sessions.listing.labels import labels_of

SAMPLES = 25
EVENTS = 8
ASKS = 5  # requests of an open page after news: budget, facts, samples, chart, fill
FRAGMENTS = {
    "budget-now": "tracker/sessions/detail/_budget_now.html",
    "session-facts": "tracker/sessions/detail/_facts.html",
    "sample-table": "tracker/sessions/detail/_samples.html",
    "fill": "tracker/sessions/detail/_composition.html",
}


@require_GET
@login_required
def session(request: HttpRequest, pk: int) -> HttpResponse:
    found = visible_session(request, pk)
    return shared_page_or_fragment(
        request,
        "tracker/sessions/detail/detail.html",
        FRAGMENTS.get(
            htmx_of(request).target or "", "tracker/sessions/detail/_budget_now.html"
        ),
        lambda: context_of(request, found),
        asks=ASKS,
    )


def context_of(request: HttpRequest, found: LLMSession) -> dict[str, Any]:
    book = present_policies()
    row = judged_session(found, book)
    rules = judged_by_rows(row.effective, row.status.limits)
    return {
        "row": row,
        "session": found,
        "budget": row.status,
        "parts": parts_of(row.status),
        "labels": labels_of(found.metadata),
        "input_rows": SimpleLazyObject(lambda: input_of(found)),
        # Each fragment shows some of these only.
        "runway": SimpleLazyObject(lambda: forecast_for(found, row.effective)),
        "policy_rows": [line for line in rules if not line.group],
        "gateway_rows": [line for line in rules if line.group],
        "gateway_as_built_in": is_gateway_as_built_in(row.effective),
        "lanes": SimpleLazyObject(lambda: judged_lanes(found, book)),
        "events": found.events.order_by("-at", "-pk")[:EVENTS],
        "compressions": found.compressions.order_by("-at", "-pk")[:EVENTS],
        "is_by_gateway": GatewayCall.objects.filter(session=found).exists(),
        "range": chart_range(request.GET),
        "now": timezone.now(),
        # Only the whole page needs it, not the fragments that are fetched often.
        "counting": SimpleLazyObject(lambda: counting_of(found, row.effective)),
        "cost": SimpleLazyObject(lambda: cost_of_session(found)),
        "cache": SimpleLazyObject(lambda: cache_of(found)),
        "plan_limits": SimpleLazyObject(
            lambda: plan_limits_of(
                [found.project], timezone.now(), client=plan_of(found)
            )
        ),
        "file_deleted_at": lambda: file_deleted_at(found),  # called by the page
        "composition": SimpleLazyObject(
            lambda: shown_composition(
                found, lane_of(request), request.GET.get("turn", "")
            )
        ),
        "input_bars": SimpleLazyObject(lambda: bars_of(input_of(found))),
        "may_delete": SimpleLazyObject(lambda: may_delete(request, found.project_id)),
        "tags": lambda: tags_of([found])[found.pk],
        "may_tag": lambda: may_tag(request, found.project_id),
        **samples_of(request, found),
    }


def plan_of(found: LLMSession) -> str:
    """The client whose plan this session uses, as far as it is known to have one."""
    name = client_of(found.origin, found.metadata).lower()
    return CLAUDE if name.startswith("claude") else CODEX if "codex" in name else "-"


def file_deleted_at(found: LLMSession) -> datetime | None:
    """When its client's file was seen to be gone; None where it may be there."""
    row = DeletedFile.objects.filter(session=found).first()
    if row is None or (found.last_at is not None and found.last_at > row.at):
        return None
    return row.at


def may_delete(request: HttpRequest, project_id: int) -> bool:
    return Project.objects.administered_by(request.user).filter(pk=project_id).exists()


def may_tag(request: HttpRequest, project_id: int) -> bool:
    return Project.objects.reviewable_by(request.user).filter(pk=project_id).exists()


def visible_session(request: HttpRequest, pk: int) -> LLMSession:
    """Raises Http404, for another project's session as for one that does not exist."""
    return get_object_or_404(
        LLMSession.objects.select_related("project"),
        pk=pk,
        project__in=[p.pk for p in projects_of(request)],
    )


def lane_of(request: HttpRequest) -> str:
    """Without NUL, which PostgreSQL refuses in any text."""
    return request.GET.get("lane", "main").replace("\0", "")[:255]


def samples_of(request: HttpRequest, found: LLMSession) -> dict[str, Any]:
    """A page of the lane's samples, each with its change since the one before."""
    lane = lane_of(request)
    rows = lane_samples(found, lane)
    page = page_at(
        request,
        lambda cursor: newest_first(rows, cursor=cursor, limit=SAMPLES),
    )
    older = _next_older(rows, page.rows[-1]) if page.next else None
    shown = [
        (sample, sample.used_tokens - before.used_tokens if before else None)
        for sample, before in zip(page.rows, [*page.rows[1:], older], strict=False)
    ]
    return {"samples": shown, "page": page, "lane": lane}


def _next_older(rows: QuerySet[UsageSample], sample: UsageSample) -> UsageSample | None:
    earlier = Q(at__lt=sample.at) | Q(at=sample.at, pk__lt=sample.pk)
    return rows.filter(earlier).order_by("-at", "-pk").first()


def lane_samples(found: LLMSession, lane: str) -> QuerySet[UsageSample]:
    return UsageSample.objects.filter(session=found, lane=lane)


def parts_of(status: Any) -> list[tuple[str, str, int]]:
    """(name, word, tokens), the steady parts first."""
    return [(n, word, getattr(status.parts, n)) for n, word in PART_WORDS.items()]


def bars_of(rows: list[tuple[str, int]]) -> list[tuple[float, float]]:
    """(x, width) of each in percent, side by side."""
    whole = sum(count for _, count in rows) or 1
    bars, x = [], 0.0
    for _, count in rows:
        bars.append((x, 100 * count / whole))
        x += 100 * count / whole
    return bars


def input_of(found: LLMSession) -> list[tuple[str, int]]:
    """(word, tokens) of the newest request as its provider counts it; [] if not said.

    What the cache held is cheap and fast, so this says more than an unattributed rest
    where the text is not known.
    """
    told = (
        lane_samples(found, "main")
        .filter(implausible="", input_tokens__isnull=False)
        .order_by("-at", "-pk")
        .values_list("input_tokens", "cache_read_tokens", "cache_creation_tokens")
        .first()
    )
    if told is None or told[1] is None and told[2] is None:
        return []
    whole, read, written = (tokens or 0 for tokens in told)
    fresh = max(0, whole - read - written)
    return [("Cache read", read), ("Cache written", written), ("Fresh input", fresh)]
