"""Verifying: silent where all adds up, precise where not, and it repairs."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext


@pytest.fixture
def recorded(usage: Any, compression: Any) -> Any:
    """A session with samples, a late one, an event, compressions and a lane."""
    from tracker.ingest.judging.record import Recorder
    from tracker.models import LLMSession

    Recorder().record(
        [
            usage("s", 1_000, second=0, event_id="a"),
            usage("s", 170_000, second=10, event_id="b", message_count=9),
            usage("s", 90_000, second=5, event_id="late"),
            usage("s", 50, second=3, lane="helper", event_id="h"),
            compression("s", 170_000, 60_000, second=20, sets_gauge=True),
            compression("s", 60_000, 50_000, second=21, is_advice=True),
            usage("t", 5, second=0),
        ]
    )
    return LLMSession.objects.get(key="s")


def differences(**options: Any) -> list[tuple[str, Any, Any]]:
    from tracker.upkeep.verifying import verify

    return [(d.field, d.stored, d.counted) for d in verify(**options)]


def test_what_the_writing_door_wrote_adds_up(recorded: Any) -> None:
    assert differences() == []
    assert recorded.sample_count == 3 and recorded.event_count > 0


def test_reports_are_taken_while_it_reads(
    recorded: Any, usage: Any, monkeypatch: Any
) -> None:
    """It locked a hundred sessions for two seconds."""
    from tracker.ingest.judging.record import Recorder
    from tracker.upkeep import verifying

    taken: list[Any] = []
    facts_of = verifying.facts_of

    def while_it_reads(*given: Any, **options: Any) -> Any:
        def report() -> None:
            more = [usage("s", 60_000, second=30), usage("u", 9, second=1)]
            taken.extend(Recorder().record(more))
            connection.close()

        thread = threading.Thread(target=report)
        thread.start()
        thread.join(60)
        assert not thread.is_alive(), "the report waits for what reads"
        return facts_of(*given, **options)

    monkeypatch.setattr(verifying, "facts_of", while_it_reads)

    assert differences() == []
    assert len(taken) >= 2 and recorded.sample_count == 3


def test_many_sessions_take_few_statements(recorded: Any, usage: Any) -> None:
    from tracker.ingest.judging.record import Recorder

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert differences() == []
        return len(queries)

    of_two = count()
    Recorder().record([usage(f"more {n}", 5, second=n) for n in range(50)])

    assert count() == of_two


def test_a_sample_at_the_moment_of_its_compression_adds_up(
    usage: Any, compression: Any
) -> None:
    from tracker.ingest.judging.record import Recorder

    Recorder().record(
        [usage("s", 170_000), compression("s", 170_000, 9, sets_gauge=True)]
    )

    assert differences() == []


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("used_tokens", 7),
        ("history_tokens", 7),
        ("sample_count", 1),
        ("event_count", 99),
        ("event_level", "critical"),
        ("compression_count", 2),
        ("saved_tokens", 0),
        ("level", "exceeded"),
        ("used_ratio", 0.99),
        ("last_compression_at", None),
        ("message_count", 77),
    ],
)
def test_each_kept_number_is_recounted_and_repaired(
    recorded: Any, field: str, wrong: Any
) -> None:
    from tracker.models import LLMSession, Project

    right = getattr(recorded, field)
    LLMSession.objects.filter(pk=recorded.pk).update(**{field: wrong})
    if field == "level":
        Project.objects.update(ok_count=1, exceeded_count=1)

    found = differences(repair=True)

    if field != "history_tokens":
        assert (field, wrong, right) in found
    else:  # the parts were worked out, so the other one may be made to fit
        assert found
    recorded.refresh_from_db()
    assert getattr(recorded, field) == right
    assert differences() == []


def test_times_are_recounted(recorded: Any) -> None:
    from tracker.models import LLMSession

    first, last = recorded.first_at, recorded.last_at
    shift = timedelta(hours=1)
    LLMSession.objects.filter(pk=recorded.pk).update(
        first_at=first + shift, last_at=last - shift
    )

    assert differences(repair=True) == [
        ("first_at", first + shift, first),
        ("last_at", last - shift, last),
    ]
    assert differences() == []


def test_a_lane_has_a_recount_of_its_own(recorded: Any) -> None:
    from tracker.models import SessionLane

    SessionLane.objects.update(sample_count=5, used_tokens=1)

    found = differences(repair=True)

    assert ("sample_count", 5, 1) in found and ("used_tokens", 1, 50) in found
    assert differences() == []


def test_projects_counts_and_last_number_are_recounted(
    recorded: Any, project: Any
) -> None:
    from tracker.models import Project

    project.refresh_from_db()
    right = project.last_seq
    Project.objects.update(ok_count=40, last_seq=0)

    assert differences(repair=True) == [
        ("ok_count", 40, 2),
        ("last_seq", 0, right),
    ]
    assert differences() == []


def test_parts_that_miss_something_are_made_whole(recorded: Any) -> None:
    from tracker.models import UsageSample

    sample = UsageSample.objects.get(event_id="late")
    UsageSample.objects.filter(pk=sample.pk).update(history_tokens=60_000)

    assert differences(repair=True) == [("sum of parts", 60_000, 90_000)]
    sample.refresh_from_db()
    assert sample.unattributed_tokens == 30_000
    assert differences() == []


def test_parts_beyond_the_total_are_told_and_left(recorded: Any) -> None:
    from tracker.models import UsageSample
    from tracker.upkeep.verifying import verify

    UsageSample.objects.filter(event_id="late").update(history_tokens=90_001)

    assert [d.is_repaired for d in verify(repair=True)] == [False]


def test_a_missing_event_key_is_found_and_made_again(recorded: Any, usage: Any) -> None:
    from tracker.ingest.judging.record import Recorder
    from tracker.models import EventKey

    EventKey.objects.filter(session=recorded).delete()

    assert [field for field, _, _ in differences(repair=True)] == ["event keys"]
    again = Recorder().record([usage("s", 1_000, second=0, event_id="a")])

    assert again[0].is_duplicate
    assert differences() == []


def test_a_sample_stored_twice_is_told(recorded: Any) -> None:
    from tracker.models import UsageSample

    twin = UsageSample.objects.get(event_id="late")
    twin.pk = None
    twin.save()

    assert ("samples", 2, 1) in differences()


def test_hourly_sums_are_recounted(recorded: Any) -> None:
    from tracker.models import HourlyRollup

    HourlyRollup.objects.update(samples=99, saved_tokens=1)

    assert differences(repair=True) == [
        ("samples", 99, 5),
        ("saved_tokens", 1, 110_000),
    ]
    assert differences() == []
    HourlyRollup.objects.all().delete()
    assert ("samples", 0, 5) in differences(repair=True)
    assert differences() == []


def test_forgotten_facts_are_no_difference(recorded: Any, project: Any) -> None:
    from tracker.models import Project, UsageSample

    Project.objects.update(retention_days=0)
    UsageSample.objects.filter(session=recorded, event_id__in=("a", "late")).delete()

    assert differences() == []
    Project.objects.update(retention_days=None)
    assert ("sample_count", 3, 1) in differences()
