"""What was lost and then needed, stored when the next compression is recorded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tracker.domain.reports import CompressionReport
from tracker.ingest.compressing.compress import analyse, look_back, record_compression
from tracker.ingest.compressing.used_again import count_for, count_until_now
from tracker.models import Compression

START = datetime(2026, 11, 22, 10, tzinfo=UTC)
BEFORE = [
    {"role": "user", "content": "Look at src/app/handler.py please."},
    {"role": "assistant", "content": "Done with src/app/other.py."},
]
AFTER = [{"role": "user", "content": "Summary: something was looked at."}]
LATER = [{"role": "assistant", "content": "I open src/app/handler.py again."}]


@pytest.fixture
def record(project: Any) -> Any:
    """`record(before, after, minute)` through the door; answers the row."""

    def call(before: Any, after: Any, minute: int, **more: Any) -> Compression:
        report = CompressionReport(
            session="s", before_tokens=100, after_tokens=10, before=before, after=after,
            at=START + timedelta(minutes=minute), **more,
        )  # fmt: skip
        outcome = record_compression(
            project_id=project.pk,
            api_key_id=None,
            report=analyse(report, project.pk),
        )
        look_back([outcome])
        return Compression.objects.get(pk=outcome.compression_id)  # type: ignore[union-attr]  # not refused

    return call


def test_the_next_compression_tells_what_was_used_again(record: Any) -> None:
    first = record(BEFORE, AFTER, 0)
    assert first.used_again is None

    second = record([*AFTER, *LATER], AFTER, 5)

    first.refresh_from_db()
    assert first.used_again == 1
    assert count_for(first) is True
    seen = Compression.objects.get(pk=first.pk)
    facts = {f["text"]: f["used_again"] for f in seen.text.analysis["facts"]}
    assert facts == {"src/app/handler.py": 1, "src/app/other.py": 0}
    assert second.used_again is None


def test_another_lane_and_mere_advice_tell_nothing(record: Any) -> None:
    first = record(BEFORE, AFTER, 0)

    record([*AFTER, *LATER], AFTER, 5, lane="helper")
    record([*AFTER, *LATER], AFTER, 6, is_advice=True)

    first.refresh_from_db()
    assert first.used_again is None


def test_numbers_alone_tell_nothing(record: Any) -> None:
    first = record(BEFORE, AFTER, 0)

    record(None, None, 5)

    first.refresh_from_db()
    assert first.used_again is None
    assert count_for(first) is False


def test_it_is_counted_once(record: Any) -> None:
    first = record(BEFORE, AFTER, 0)
    record([*AFTER, *LATER], AFTER, 5)
    first.refresh_from_db()
    count_for(first)
    first = Compression.objects.get(pk=first.pk)

    assert count_for(first) is False


def test_what_goes_on_from_other_messages_is_asked_once(
    record: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = record(BEFORE, AFTER, 0)
    record(LATER, AFTER, 5)
    assert count_for(first) is False
    first = Compression.objects.get(pk=first.pk)
    monkeypatch.setattr(
        "tracker.ingest.compressing.used_again.run_in_worker", pytest.fail
    )

    assert count_for(first) is False
    first.refresh_from_db()
    assert first.used_again is None


def test_a_worker_that_dies_leaves_it_uncounted(
    record: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.workers.callers import WorkersAway

    first = record(BEFORE, AFTER, 0)

    def die(*args: Any) -> Any:
        raise WorkersAway("killed")

    monkeypatch.setattr("tracker.ingest.compressing.used_again.run_in_worker", die)
    record([*AFTER, *LATER], AFTER, 5)

    first.refresh_from_db()
    assert first.used_again is None


def test_messages_since_the_last_compression_tell_until_another_follows(
    record: Any, project: Any
) -> None:
    first = record(BEFORE, AFTER, 0)
    lane = {"project_id": project.pk, "session": "s", "lane": "main"}

    assert count_until_now(**lane, messages=[*AFTER, *LATER]) is True
    assert count_until_now(**lane, messages=[*AFTER, *LATER]) is False
    assert Compression.objects.get(pk=first.pk).used_again == 1

    record([*AFTER, {"role": "user", "content": "Thanks."}], AFTER, 5)

    seen = Compression.objects.get(pk=first.pk)
    assert seen.used_again == 0
    assert count_for(seen) is True
    seen = Compression.objects.get(pk=first.pk)
    assert {f["used_again"] for f in seen.text.analysis["facts"]} == {0}


def test_other_lanes_and_sessions_are_told_nothing(record: Any, project: Any) -> None:
    first = record(BEFORE, AFTER, 0)
    came = [*AFTER, *LATER]

    for session, lane in (("s", "helper"), ("t", "main")):
        assert not count_until_now(
            project_id=project.pk, session=session, lane=lane, messages=came
        )

    assert Compression.objects.get(pk=first.pk).used_again is None
