"""GET /sessions/{session}/usage: samples over time, fewer when there are many."""

from __future__ import annotations

from django.http import HttpRequest

from tracker.api import queries
from tracker.api.endpoint import endpoint, find_session
from tracker.api.keys.keyring import KeyGrant
from tracker.api.shapes.budget import History, Sample
from tracker.domain.downsample import kept_points
from tracker.models import UsageSample

POINTS, MOST_POINTS = 2_000, 10_000


@endpoint(GET="read")
def usage_history(request: HttpRequest, grant: KeyGrant, *, key: str) -> History:
    queries.check_names(request, "since", "until", "max_points", "lane")
    session = find_session(grant, key)
    most = queries.integer(
        request, "max_points", default=POINTS, least=2, most=MOST_POINTS
    )
    samples = UsageSample.objects.filter(
        session=session, lane=request.GET.get("lane", "main")
    )
    if since := queries.time(request, "since"):
        samples = samples.filter(at__gte=since)
    if until := queries.time(request, "until"):
        samples = samples.filter(at__lt=until)
    marks = list(samples.order_by("at", "pk").values_list("pk", "used_tokens", "level"))
    crossings = [i for i in range(1, len(marks)) if marks[i][2] != marks[i - 1][2]]
    kept = kept_points([mark[1] for mark in marks], most, always=crossings)
    ids = [marks[i][0] for i in kept]
    rows = samples.in_bulk(ids)
    return History(
        # Pruning may have deleted one since `marks` was read.
        results=[Sample.of(rows[pk]) for pk in ids if pk in rows],
        sample_count=len(marks),
        is_downsampled=len(kept) < len(marks),
        next=None,
    )
