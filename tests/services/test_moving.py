"""A call that its trace had grouped moves to its session on PostgreSQL too."""

from __future__ import annotations

import json

import pytest

from tests.services.services import Services

pytestmark = pytest.mark.services
MOVE = """
import json, django
django.setup()
from datetime import UTC, datetime
from tracker.domain.reports import Parts, UsageReport
from tracker.changes.access.api_keys import create_project
from tracker.ingest.arrivals import Arrival, Replaced
from tracker.ingest.judging.record import Recorder
from tracker.upkeep.verifying import verify
from tracker.models import LLMSession, UsageSample
project = create_project(slug="moving")[0]
now = datetime(2026, 11, 22, 12, tzinfo=UTC)
def arrival(session, event_id, used, gone=None):
    report = UsageReport(session, used, Parts(history=used), "reported", at=now,
        event_id=event_id)
    replaces = Replaced(*gone) if gone else None
    return Arrival(project.pk, report, now, replaces=replaces)
one, other = Recorder(), Recorder()
one.record([arrival("empty", "span:1", 190_000), arrival("kept", "span:2", 10)])
one.record([arrival("kept", "span:3", 190_000)])
other.record([arrival("chat", "msg_1", 190_000, ("empty", "span:1")),
    arrival("chat", "span:3", 190_000, ("kept", "span:3"))])
one.record([arrival("kept", "span:4", 20)])
rows = UsageSample.objects.filter(project=project).order_by("pk")
print(json.dumps({
    "samples": list(rows.values_list("session__key", "event_id")),
    "sessions": sorted(project.sessions.values_list("key", flat=True)),
    "wrong": [str(found) for found in verify()],
}))
"""


def test_both_ways_of_a_call_leave_one_sample_and_right_counts(
    cluster: Services,
) -> None:
    left = json.loads(cluster.run("-c", MOVE))

    assert left["wrong"] == []
    assert left["sessions"] == ["chat", "kept"]
    assert sorted(map(tuple, left["samples"])) == [
        ("chat", "msg_1"),
        ("chat", "span:3"),
        ("kept", "span:2"),
        ("kept", "span:4"),
    ]


MARK = """
import json, django
django.setup()
from datetime import UTC, datetime, timedelta
from tracker.domain.reports import Parts, UsageReport
from tracker.changes.access.api_keys import create_project
from tracker.ingest.arrivals import Arrival
from tracker.ingest.judging.record import Recorder
from tracker.upkeep.verifying import verify
from tracker.models import UsageSample
project = create_project(slug="marking")[0]
now = datetime(2026, 11, 22, 12, tzinfo=UTC)
def arrival(second, used, model):
    at = now + timedelta(seconds=second)
    report = UsageReport("chat", used, Parts(unattributed=used), "reported", at=at,
        event_id=f"e{second}", model=model)
    return Arrival(project.pk, report, now)
recorder = Recorder()
recorder.record([arrival(5, 900, "claude-haiku-4-5")])
recorder.record([arrival(1, 170_000, "claude-opus-4-5")])
recorder.record([arrival(9, 800, "claude-haiku-4-5")])
rows = UsageSample.objects.filter(project=project).order_by("at")
print(json.dumps({
    "marks": list(rows.values_list("implausible", flat=True)),
    "used": project.sessions.get().used_tokens,
    "wrong": [str(found) for found in verify()],
}))
"""


def test_a_helper_is_marked_anew_by_a_request_that_comes_late(
    cluster: Services,
) -> None:
    left = json.loads(cluster.run("-c", MARK))

    helper = "helper_call"
    assert left == {"marks": ["", helper, helper], "used": 170_000, "wrong": []}
