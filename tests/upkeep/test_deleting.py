"""Deleting: everything goes, nothing of anybody else's, and the counts follow."""

from __future__ import annotations

from typing import Any

import pytest

from tracker.domain.composition.filling import Filling
from tracker.domain.cuts.cut import Cut

CUT = Cut(message_count=1, digest=b"1", replacement=b"[{}]")
PACKED = Filling().packed()
TABLES = (
    "LLMSession", "SessionLane", "UsageSample", "EventKey", "ThresholdEvent",
    "Compression", "CompressionText", "StoredCut", "Policy", "LaneComposition",
    "CompressionComposition",
)  # fmt: skip


def counts() -> dict[str, int]:
    from tracker import models

    return {name: getattr(models, name).objects.count() for name in TABLES}


def fill(usage: Any, compression: Any, session: str, monkeypatch: Any) -> Any:
    from tracker.ingest.judging.record import Recorder
    from tracker.models import LLMSession, Policy
    from tracker.upkeep import deleting

    monkeypatch.setattr(deleting, "BATCH", 2)
    Recorder().record(
        [
            *(usage(session, n, second=n) for n in range(1, 8)),
            usage(session, 170_000, second=9, composition=PACKED),
            usage(session, 1, second=9, lane="helper"),
            compression(
                session, 170_000, 5, second=10, summary="x", cut=CUT, composition=PACKED
            ),
        ]
    )
    found = LLMSession.objects.get(key=session)
    Policy.objects.create(name=f"of {session}", session=found, message_limit=5)
    return found


@pytest.fixture(autouse=True)
def outside_of_a_request() -> None:
    from tracker.changes.request_context import leave

    leave()


@pytest.fixture
def kept(usage: Any, compression: Any, monkeypatch: Any) -> dict[str, int]:
    """What is there of another session, which must stay."""
    fill(usage, compression, "kept", monkeypatch)
    return counts()


def test_a_session_goes_with_everything_and_its_place_in_the_counts(
    kept: dict[str, int], usage: Any, compression: Any, monkeypatch: Any, project: Any
) -> None:
    from tracker.models import AuditEntry
    from tracker.upkeep.deleting import delete_session
    from tracker.upkeep.verifying import verify

    session = fill(usage, compression, "gone", monkeypatch)
    assert all(counts()[name] > kept[name] for name in TABLES)

    delete_session(session)

    assert counts() == kept
    project.refresh_from_db()
    assert project.compress_count == 1
    assert list(verify()) == []
    entry = AuditEntry.objects.get(action="session_deleted")
    assert (entry.target, entry.project_slug) == ("gone", "default")
    assert entry.actor == "command line"


def test_what_alerts_and_comments_said_of_a_session_goes_with_it(
    kept: dict[str, int], usage: Any, compression: Any, monkeypatch: Any, project: Any
) -> None:
    from django.utils import timezone

    from tracker.domain.alert_digests import together
    from tracker.models import AlertChannel, AlertDelivery
    from tracker.upkeep.deleting import delete_session

    session = fill(usage, compression, "gone", monkeypatch)
    channel = AlertChannel.objects.create(project=project, name="ops", kind="webhook")
    now = timezone.now()

    def tell(about: str, message: dict[str, Any], state: str = "sent") -> None:
        AlertDelivery.objects.create(
            project=project, channel=channel, about=about, message=message,
            state=state, created_at=now, due_at=now,
        )  # fmt: skip

    gone, stays = (
        {"session": key, "title": key, "text": "x"} for key in ("gone", "kept")
    )
    tell("of it", gone | {"kind": "mention"}, "waiting")
    tell("of another", stays)
    tell("of both", together([gone, stays]))
    tell("still to be sent", together([gone, stays]), "waiting")
    tell("of another and none", together([stays, {"title": "Silent", "text": "x"}]))

    delete_session(session)

    left = AlertDelivery.objects.order_by("pk").values_list("about", flat=True)
    assert list(left) == ["of another", "still to be sent", "of another and none"]
    waiting = AlertDelivery.objects.get(about="still to be sent").message
    assert (waiting["count"], waiting["text"]) == (1, "kept. x")
    assert "gone" not in str(waiting)


def test_a_session_that_reports_again_starts_anew(
    usage: Any, compression: Any, monkeypatch: Any, project: Any
) -> None:
    from tracker.ingest.door.process import get_writer
    from tracker.models import LLMSession
    from tracker.upkeep.deleting import delete_session
    from tracker.upkeep.verifying import verify

    get_writer().record_blocking([usage("s", 170_000, second=1, event_id="e")])
    delete_session(LLMSession.objects.get(key="s"))

    (answer,) = get_writer().record_blocking([usage("s", 7, second=1, event_id="e")])

    assert not answer.is_duplicate
    assert LLMSession.objects.get(key="s").sample_count == 1
    assert list(verify()) == []


def test_deleting_twice_is_harmless(
    usage: Any, compression: Any, monkeypatch: Any, project: Any
) -> None:
    from tracker.upkeep.deleting import delete_session

    session = fill(usage, compression, "s", monkeypatch)
    delete_session(session)
    delete_session(session)

    project.refresh_from_db()
    assert project.compress_count == 0
