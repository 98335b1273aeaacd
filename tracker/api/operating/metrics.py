"""/metrics for Prometheus: numbers of this process and of the database.

Requests from this machine see everything. A key with scope `read` sees its project.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import ip_address

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from tracker.api.errors import ApiError
from tracker.api.keys.access import authorize
from tracker.domain.budget.status import LEVELS
from tracker.ingest.door.measures import REGISTRY
from tracker.ingest.door.process import get_writer
from tracker.live.hub import hub
from tracker.models import Compression, Project
from tracker.models.compressions import WAITING
from tracker.reading.plan_limits import plan_limits_of

SCORED = 100  # newest compressions in the mean retention score
PENDING_UP_TO = 10_000


@csrf_exempt  # needs a key in a header, or a request from this machine
def metrics(request: HttpRequest) -> HttpResponse:
    try:
        if request.method not in ("GET", "HEAD"):
            raise ApiError(405, "method", "this address takes GET")
        local = is_local(request) and "Authorization" not in request.headers
        projects = Project.objects.all()
        if not local:
            grant = authorize(request.headers.get("Authorization", ""), "read")
            projects = projects.filter(pk=grant.project_id)
        parts = [generate_latest(_registry(StoreCollector(projects)))]
        if local:
            parts += [generate_latest(REGISTRY)]
            parts += [generate_latest(_registry(ProcessCollector()))]
    except ApiError as error:
        return HttpResponse(
            f"{error.message}\n",
            status=error.status,
            content_type="text/plain; charset=utf-8",
            headers=error.headers,
        )
    return HttpResponse(b"".join(parts), content_type=CONTENT_TYPE_LATEST)


def is_local(request: HttpRequest) -> bool:
    """From this machine and not through a proxy on it."""
    if any(name in request.headers for name in ("X-Forwarded-For", "Forwarded")):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _registry(collector: Collector) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(collector)
    return registry


class ProcessCollector(Collector):
    """The present queue and sockets of this process."""

    def collect(self) -> Iterator[Metric]:
        writer = get_writer()
        yield GaugeMetricFamily(
            "token_budget_queue_reports",
            "Reports that wait to be committed.",
            value=writer.waiting_reports,
        )
        yield GaugeMetricFamily(
            "token_budget_writer_up",
            "1 while the writer's thread runs.",
            value=int(writer.is_alive),
        )
        yield GaugeMetricFamily(
            "token_budget_sockets", "Open websockets.", value=hub.size
        )


class StoreCollector(Collector):
    """Sessions and compressions of these projects, from the sums the writer keeps."""

    def __init__(self, projects: Iterable[Project]) -> None:
        self._projects = projects

    def describe(self) -> list[Metric]:
        return []  # else registering would collect, and query twice

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("token_budget_store_up", "1 while the database answers.")
        sessions = GaugeMetricFamily(
            "token_budget_sessions",
            "Sessions by level.",
            labels=["project", "level"],
        )
        pending = GaugeMetricFamily(
            "token_budget_compressions_pending",
            f"Compressions that wait for a review, counted up to {PENDING_UP_TO:,}.",
            labels=["project"],
        )
        facts = GaugeMetricFamily(
            "token_budget_facts",
            "Threshold events and compressions so far.",
            labels=["project"],
        )
        score = GaugeMetricFamily(
            "token_budget_retention_score",
            f"Mean retention score of the newest {SCORED} compressions.",
            labels=["project"],
        )
        used = GaugeMetricFamily(
            "token_budget_plan_used_ratio",
            "Share of a client's plan limit that is used.",
            labels=["project", "client", "window"],
        )
        resets = GaugeMetricFamily(
            "token_budget_plan_resets_timestamp_seconds",
            "When that limit resets.",
            labels=["project", "client", "window"],
        )
        try:
            for project in list(self._projects):
                for level in LEVELS:
                    count = getattr(project, f"{level}_count")
                    sessions.add_metric([project.slug, level], count)
                facts.add_metric([project.slug], project.last_seq)
                pending.add_metric([project.slug], _pending(project))
                found = _score(project)
                if found is not None:
                    score.add_metric([project.slug], found)
            for each in plan_limits_of(list(self._projects), timezone.now()):
                names = [each.project.slug, each.limit.client, each.window]
                used.add_metric(names, each.limit.used_ratio)
                if each.limit.resets_at is not None:
                    resets.add_metric(names, each.limit.resets_at.timestamp())
            up.add_metric([], 1)
        except DatabaseError:
            up.add_metric([], 0)
        yield from (up, sessions, facts, pending, score, used, resets)


def _pending(project: Project) -> int:
    rows = Compression.objects.filter(WAITING, project=project)
    return rows[:PENDING_UP_TO].count()


def _score(project: Project) -> float | None:
    rows = Compression.objects.filter(project=project).order_by("-seq")
    newest = rows.values_list("score", flat=True)[:SCORED]
    scores = [score for score in newest if score is not None]
    return sum(scores) / len(scores) if scores else None
