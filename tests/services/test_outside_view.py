"""Compressions seen from outside, on PostgreSQL: suspected, absorbed, settled."""

from __future__ import annotations

import json

import pytest

from tests.services.services import Services

pytestmark = pytest.mark.services
TELL = """
import json, django
django.setup()
from datetime import UTC, datetime, timedelta
from tracker.domain.reports import CompressionReport, Parts, UsageReport
from tracker.changes.access.api_keys import create_project
from tracker.ingest.arrivals import Arrival
from tracker.ingest.judging.record import Recorder
from tracker.upkeep.verifying import verify
from tracker.models import Compression
project = create_project(slug="outside")[0]
noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
def usage(session, used, second):
    return UsageReport(session, used, Parts(history=used), "reported",
        at=noon + timedelta(seconds=second))
def cut(session, before, after, second, origin):
    return CompressionReport(session, before, after, origin=origin,
        event_id=f"{origin}-{second}", at=noon + timedelta(seconds=second),
        claimed_before_tokens=before, claimed_after_tokens=after)
def record(*reports):
    for report in reports:
        Recorder().record([Arrival(project.pk, report, noon)])
record(usage("dropped", 150_000, 1), usage("dropped", 40_000, 9))
record(usage("came back", 150_000, 1), usage("came back", 40_000, 9),
    usage("came back", 151_000, 12))
record(usage("told late", 150_000, 1), usage("told late", 40_000, 9),
    cut("told late", 150_000, 41_000, 5, "claude_code"))
record(usage("event", 150_000, 1), cut("event", 900, 70, 5, "otlp"),
    usage("event", 40_000, 9))
record(usage("both", 150_000, 1), cut("both", 900, 70, 5, "otlp"),
    cut("both", 150_000, 40_000, 6, "claude_code"))
rows = Compression.objects.filter(project=project).order_by("session__key")
print(json.dumps({
    "told": list(rows.values_list("session__key", "trigger", "before_tokens",
        "after_tokens")),
    "wrong": [str(found) for found in verify()],
}))
"""


def test_drops_and_announcements_leave_each_compression_once(
    cluster: Services,
) -> None:
    left = json.loads(cluster.run("-c", TELL))

    assert left["wrong"] == []
    assert left["told"] == [
        ["both", "auto", 150_000, 40_000],
        ["dropped", "suspected", 150_000, 40_000],
        ["event", "auto", 150_000, 40_000],
        ["told late", "auto", 150_000, 41_000],
    ]
