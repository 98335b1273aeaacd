"""Old facts go, new ones stay, counters and hourly sums hold."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tracker.domain.composition.filling import Filling
from tracker.domain.reports import CompressionReport, Parts, UsageReport
from tracker.ingest.arrivals import Arrival
from tracker.ingest.judging.record import Recorder
from tracker.upkeep import pruning
from tracker.upkeep.pruning import BATCH, Pruning
from tracker.upkeep.weeks.partitions import week_of

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
OLD = NOW - timedelta(days=40)


def usage(session: str, at: datetime, event_id: str, used: int = 5) -> Any:
    return UsageReport(
        session=session,
        used_tokens=used,
        parts=Parts(history=used),
        source="counted",
        event_id=event_id,
        at=at,
    )


def record(project: Any, *reports: Any) -> None:
    Recorder().record([Arrival(project.pk, report, NOW) for report in reports])


def prune(now: datetime = NOW) -> Any:
    return Pruning(now=now, pause=lambda seconds: None).run()


def elsewhere(function: Any) -> None:
    """On another connection, as another process has it."""

    def run() -> None:
        function()
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def keep_days(project: Any, days: int | None) -> None:
    project.retention_days = days
    project.save(update_fields=["retention_days"])


def test_old_facts_of_a_living_session_go_and_new_ones_stay(project: Any) -> None:
    from tracker.models import Compression, EventKey, ThresholdEvent, UsageSample

    compression = CompressionReport(
        session="s", before_tokens=9, after_tokens=4, event_id="c", at=OLD, summary="x",
        composition=Filling().packed(),
    )  # fmt: skip
    record(project, usage("s", OLD, "a", 190_000), compression, usage("s", NOW, "b"))
    keep_days(project, 30)

    pruned = prune()

    assert list(UsageSample.objects.values_list("event_id", flat=True)) == ["b"]
    assert [event.at for event in ThresholdEvent.objects.all()] == [NOW]
    assert not Compression.objects.exists()
    assert EventKey.objects.count() == 1
    assert pruned.counts == {
        "samples": 1, "events": 1, "compressions": 1, "texts": 1, "keys": 2,
        "compositions": 1,
    }  # fmt: skip


def test_an_idle_session_goes_whole_and_is_counted_no_more(project: Any) -> None:
    from tracker.models import LLMSession

    record(project, usage("old", OLD, "a", 190_000), usage("new", NOW, "b"))
    keep_days(project, 30)

    prune()

    project.refresh_from_db()
    assert list(LLMSession.objects.values_list("key", flat=True)) == ["new"]
    assert (project.critical_count, project.ok_count) == (0, 1)


def test_a_project_without_retention_keeps_all(project: Any) -> None:
    from tracker.models import UsageSample

    record(project, usage("s", OLD, "a"))
    keep_days(project, None)

    assert prune().counts == {}
    assert UsageSample.objects.count() == 1


def test_the_border_itself_is_kept(project: Any) -> None:
    from tracker.models import UsageSample

    border = NOW - timedelta(days=30)
    record(project, usage("s", border, "a"))
    keep_days(project, 30)

    prune()
    assert UsageSample.objects.count() == 1

    prune(NOW + timedelta(microseconds=1))
    assert UsageSample.objects.count() == 0


def test_a_project_that_came_meanwhile_keeps_what_it_keeps(
    project: Any, monkeypatch: Any
) -> None:
    from tracker.models import UsageSample

    others_keep_since = week_of(NOW - timedelta(days=7))
    monkeypatch.setattr(pruning, "kept_since", lambda now: others_keep_since)
    record(project, usage("s", OLD, "a"), usage("s", NOW - timedelta(days=20), "b"))
    keep_days(project, 30)

    prune()

    assert UsageSample.objects.get().event_id == "b"


def test_a_pruned_session_may_report_again(project: Any) -> None:
    from tracker.models import LLMSession

    recorder = Recorder()
    recorder.record([Arrival(project.pk, usage("s", OLD, "a", 190_000), NOW)])
    keep_days(project, 30)
    elsewhere(prune)

    (answer,) = recorder.record([Arrival(project.pk, usage("s", NOW, "b"), NOW)])

    row = LLMSession.objects.get()
    assert (row.pk, row.sample_count, row.level) == (answer.session_id, 1, "ok")
    project.refresh_from_db()
    assert (project.ok_count, project.critical_count) == (1, 0)


def test_hourly_sums_outlive_the_rows(project: Any) -> None:
    from tracker.models import HourlyRollup

    record(project, usage("s", OLD, "a"))
    keep_days(project, 30)

    prune()

    assert [row.samples for row in HourlyRollup.objects.all()] == [1]


def test_many_rows_go_in_several_small_transactions(project: Any) -> None:
    from tracker.models import UsageSample

    reports = [usage("s", OLD, f"e{n}") for n in range(BATCH + 1)]
    record(project, *reports)
    keep_days(project, 30)
    pauses: list[float] = []

    Pruning(now=NOW, pause=pauses.append).run()

    assert UsageSample.objects.count() == 0
    assert len(pauses) == 5  # twice samples, twice keys, once the session


def test_many_sessions_go_in_few_transactions(project: Any) -> None:
    """A transaction for each session took 62 ms a session, most of it commits."""
    from tracker.models import LLMSession

    for n in range(0, 300, 100):
        sessions = range(n, n + 100)
        record(project, *(usage(f"s{i}", OLD, f"e{i}") for i in sessions))
    keep_days(project, 30)
    pauses: list[float] = []

    pruned = Pruning(now=NOW, pause=pauses.append).run()

    assert not LLMSession.objects.exists()
    assert pruned.counts == {"samples": 300, "keys": 300, "sessions": 300}
    # Of 200 and 100 sessions: their samples, their keys, and 20 or more sessions each.
    assert len(pauses) < 40
    project.refresh_from_db()
    assert project.ok_count == 0


def test_a_session_with_more_than_one_transaction_takes_goes_in_parts(
    project: Any, monkeypatch: Any
) -> None:
    from tracker.models import EventKey, UsageSample
    from tracker.upkeep import erasing

    monkeypatch.setattr(erasing, "BATCH", 5)
    monkeypatch.setattr(erasing, "MOST", 5)
    record(project, *(usage("large", OLD, f"l{n}") for n in range(12)))
    record(project, *(usage(f"s{n}", OLD, f"s{n}") for n in range(4)))
    record(project, usage("large", NOW, "new"))
    keep_days(project, 30)
    noted: list[int] = []
    run = Pruning(now=NOW, pause=lambda seconds: None)
    add = run.pruned.add
    monkeypatch.setattr(
        type(run.pruned), "add",
        lambda self, kind, n, s: (noted.append(n), add(kind, n, s)),
    )  # fmt: skip

    run.run()

    assert max(noted) <= 5 and run.pruned.counts["samples"] == 16
    assert EventKey.objects.count() == UsageSample.objects.count() == 1


def test_on_sqlite_the_first_sessions_go_twenty_at_a_time(
    project: Any, monkeypatch: Any
) -> None:
    """Every report waited for the rows of the first 100."""
    from tracker.upkeep import erasing

    record(project, *(usage(f"s{i}", OLD, f"e{i}") for i in range(40)))
    keep_days(project, 30)
    sizes: list[int] = []
    delete = erasing.delete_idle

    def noted(ids: Any, **more: Any) -> int:
        sizes.append(len(ids))
        return delete(ids, **more)

    monkeypatch.setattr(erasing, "delete_idle", noted)
    prune()

    assert sizes[0] == 20 and sum(sizes) == 40


def test_each_part_of_a_large_session_begins_behind_the_last_one(
    project: Any, monkeypatch: Any
) -> None:
    """From the first key on, PostgreSQL passed those that stay for each 200 others."""
    from tracker.upkeep import erasing

    monkeypatch.setattr(erasing, "BATCH", 5)
    monkeypatch.setattr(erasing, "MOST", 5)
    record(project, *(usage("large", OLD, f"l{n}") for n in range(12)))
    record(project, usage("large", NOW, "new"))
    keep_days(project, 30)

    with CaptureQueriesContext(connection) as queries:
        prune()

    said = [query["sql"] for query in queries if "ORDER BY" in query["sql"]]
    keys = [sql for sql in said if sql.startswith('SELECT "tracker_eventkey"."digest"')]
    assert len(keys) == 4 and all('"digest" >' in sql for sql in keys[1:])
    samples = [sql for sql in said if 'FROM "tracker_usagesample"' in sql]
    assert len(samples) == 4 and all('"at" >=' in sql for sql in samples[1:])


def test_an_interrupted_run_says_what_it_did(
    project: Any, capsys: Any, monkeypatch: Any
) -> None:
    record(project, usage("a", OLD, "a"), usage("b", OLD, "b"))
    keep_days(project, 1)

    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tracker.upkeep.erasing.delete_idle", interrupted)

    with pytest.raises(SystemExit) as ended:
        call_command("prune")

    assert ended.value.code == 130
    told = capsys.readouterr().out
    assert "Interrupted" in told and "2 keys, 2 samples" in told


def test_the_command_says_what_it_forgot(project: Any, capsys: Any) -> None:
    call_command("prune")
    assert "Nothing is older" in capsys.readouterr().out

    record(project, usage("s", OLD, "a"))
    keep_days(project, 1)
    call_command("prune")
    assert "1 keys, 1 samples, 1 sessions" in capsys.readouterr().out
