"""Whatever is packed when: a report is stored once, and its keys go with its rows."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError

from tracker.domain.reports import CompressionReport, Parts, UsageReport
from tracker.ingest.arrivals import Arrival
from tracker.ingest.judging.record import Recorder
from tracker.ingest.rows.event_keys import is_taken, move_key, sample_of
from tracker.ingest.rows.packed_keys import MOST, unpack
from tracker.upkeep import key_packing
from tracker.upkeep.deleting import delete_session
from tracker.upkeep.key_packing import KeyPacker, pack_resting
from tracker.upkeep.project_deletion import delete_project
from tracker.upkeep.pruning import Pruning
from tracker.upkeep.verifying import verify

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
OLD = NOW - timedelta(days=40)


def usage(session: str, event_id: str, at: datetime = OLD) -> Any:
    return UsageReport(
        session=session, used_tokens=5, parts=Parts(history=5), source="counted",
        event_id=event_id, at=at,
    )  # fmt: skip


def record(project: Any, *reports: Any) -> list[bool]:
    """Which of them were known."""
    answers: Any = Recorder().record([Arrival(project.pk, r, NOW) for r in reports])
    return [answer.is_duplicate for answer in answers]


def packed(now: datetime = NOW) -> int:
    return pack_resting(now, pause=lambda seconds: None)


def stored() -> tuple[int, int]:
    """Keys with a row of their own, and packed ones."""
    from tracker.models import EventKey, PackedKeys

    rows = PackedKeys.objects.values_list("keys", flat=True)
    return EventKey.objects.count(), sum(len(list(unpack(keys))) for keys in rows)


def test_a_packed_report_is_known_and_found(project: Any) -> None:
    from tracker.models import LLMSession, UsageSample

    reports = [usage("s", f"e{n}", OLD + timedelta(minutes=n)) for n in range(100)]
    cut = CompressionReport(
        session="s", before_tokens=9, after_tokens=4, event_id="e1", at=OLD
    )
    record(project, *reports, cut)

    assert packed() == 101
    assert stored() == (0, 101)
    assert record(project, *reports, cut, usage("s", "new")) == [True] * 101 + [False]
    assert UsageSample.objects.count() == 101
    assert stored() == (1, 101)
    session = LLMSession.objects.get()
    for report in reports:
        assert sample_of(session, report.event_id).get().at == report.at
    assert is_taken(session, "e7") and not is_taken(session, "none")
    assert list(verify()) == []


def test_a_session_that_goes_on_is_packed_into_its_rows(
    project: Any, monkeypatch: Any
) -> None:
    from tracker.models import PackedKeys

    monkeypatch.setattr(key_packing, "STEP", 30)
    first = [usage("s", f"a{n}") for n in range(100)]
    other = [usage("t", f"a{n}") for n in range(45)]
    again = [usage("s", f"b{n}", OLD + timedelta(days=3)) for n in range(70)]
    record(project, *first, *other)
    assert packed() == 145

    record(project, *again)
    assert packed() == 70

    assert stored() == (0, 215)
    assert record(project, *first, *other, *again) == [True] * 215
    lengths = [len(row.keys) // 24 for row in PackedKeys.objects.all()]
    assert max(lengths) <= MOST
    assert list(verify()) == []


def test_a_session_of_the_last_day_is_left(project: Any) -> None:
    record(project, usage("s", "a", NOW - timedelta(hours=23)), usage("t", "a"))

    assert packed() == 1
    assert stored() == (1, 1)
    assert packed(NOW + timedelta(days=1)) == 1
    assert stored() == (0, 2)


def test_a_key_whose_sample_moved_is_found_there(project: Any) -> None:
    from tracker.models import LLMSession, UsageSample

    record(project, usage("s", "a"))
    packed()
    session = LLMSession.objects.get()
    at = OLD + timedelta(hours=1)
    UsageSample.objects.update(at=at)

    move_key(session, "a", at)
    assert sample_of(session, "a").get().at == at
    assert packed() == 1
    assert sample_of(session, "a").get().at == at
    assert stored() == (0, 1)
    move_key(session, "unknown", at)
    assert stored() == (0, 1)


def test_verify_misses_a_packed_key_that_is_gone(project: Any) -> None:
    from tracker.models import PackedKeys

    record(project, usage("s", "a"), usage("s", "b"))
    packed()
    PackedKeys.objects.all().delete()

    (found,) = verify()
    assert (found.field, found.stored, found.counted) == ("event keys", 0, 2)
    list(verify(repair=True))
    assert record(project, usage("s", "a")) == [True]


def test_old_keys_are_pruned_out_of_rows_with_new_ones(project: Any) -> None:
    new = NOW - timedelta(days=2)
    old = [usage("s", f"o{n}") for n in range(40)]
    kept = [usage("s", f"n{n}", new) for n in range(20)]
    record(project, *old, *kept, usage("idle", "a"))
    packed()
    project.retention_days = 30
    project.save(update_fields=["retention_days"])

    pruned = Pruning(now=NOW, pause=lambda seconds: None).run()

    assert pruned.counts == {"samples": 41, "packed keys": 40, "sessions": 1}
    assert stored() == (0, 20)
    assert record(project, *kept) == [True] * 20
    assert record(project, *old[:2]) == [False, False]


def test_they_go_with_their_session_and_project(project: Any) -> None:
    from tracker.models import LLMSession

    record(project, usage("s", "a"), usage("t", "a"))
    packed()

    delete_session(LLMSession.objects.get(key="s"))
    assert stored() == (0, 1)
    delete_project(project)
    assert stored() == (0, 0)


def test_no_failure_ends_the_thread_and_each_is_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    failures = [OperationalError("stopped"), InterfaceError("broken"), ValueError("?")]
    is_done = threading.Event()

    def fail(now: datetime, **_: Any) -> None:
        if failures:
            raise failures.pop(0)
        is_done.set()

    monkeypatch.setattr(key_packing, "pack_resting", fail)
    monkeypatch.setattr(key_packing, "FIRST_SECONDS", 0.001)
    monkeypatch.setattr(key_packing, "EVERY_SECONDS", 0.0)
    keeper = KeyPacker()
    with caplog.at_level(logging.WARNING, key_packing.__name__):
        keeper.start()
        assert is_done.wait(60)
        keeper.stop()
    levels = [r.levelname for r in caplog.records if r.name == key_packing.__name__]
    assert levels == ["WARNING", "ERROR", "ERROR"]
