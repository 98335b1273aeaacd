"""A project is deleted in small steps, by whoever comes to finish it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.upkeep.test_deleting import counts, fill, kept, outside_of_a_request

__all__ = ["kept", "outside_of_a_request"]


def test_a_project_goes_with_its_keys_and_another_one_stays(
    kept: dict[str, int], project: Any, key: str, stranger_key: str
) -> None:
    from tracker.models import ApiKey, AuditEntry, Project
    from tracker.upkeep.project_deletion import delete_project

    delete_project(project)

    assert [p.slug for p in Project.objects.all()] == ["other"]
    assert [k.name for k in ApiKey.objects.all()] == ["stranger"]
    assert set(counts().values()) == {0}
    entry = AuditEntry.objects.get(action="project_deleted")
    assert entry.target == "default" and "1 sessions" in entry.detail
    assert entry.project is None


def test_what_is_begun_takes_no_reports_and_a_server_finishes_it(
    kept: dict[str, int], usage: Any, project: Any, key: str
) -> None:
    from tracker.ingest.arrivals import Rejection
    from tracker.ingest.judging.record import Recorder
    from tracker.models import ApiKey, AuditEntry, Project
    from tracker.upkeep.project_deletion import DeletionKeeper, begin_deletion

    (row,) = ApiKey.objects.all()
    begin_deletion(project)
    begin_deletion(project)

    arrival = replace(usage("new", 1), api_key_id=row.pk)
    (answer,) = Recorder().record([arrival])
    assert isinstance(answer, Rejection) and answer.status == 401
    assert AuditEntry.objects.filter(action="project_deleted").count() == 1
    assert counts() == kept

    DeletionKeeper().step()

    assert not Project.objects.exists()
    assert set(counts().values()) == {0}


def test_a_server_that_stops_leaves_the_rest_to_its_next_start(
    kept: dict[str, int], usage: Any, compression: Any, project: Any, monkeypatch: Any
) -> None:
    from tracker.models import Project
    from tracker.upkeep.project_deletion import DeletionKeeper, begin_deletion

    fill(usage, compression, "another", monkeypatch)
    begin_deletion(project)
    stopping = DeletionKeeper()
    stopping.stop()

    stopping.step()

    left = counts()
    assert Project.objects.exists() and left["LLMSession"] == 2
    assert left["CompressionText"] < 2, "a step was taken"

    DeletionKeeper().step()

    assert not Project.objects.exists()


def test_no_transaction_takes_more_than_was_quick(
    project: Any, usage: Any, monkeypatch: Any
) -> None:
    """A million samples in one statement would hold up every report for minutes."""
    from tracker.ingest.judging.record import Recorder
    from tracker.upkeep import erasing
    from tracker.upkeep.project_deletion import begin_deletion, finish_deletion

    monkeypatch.setattr(erasing, "BATCH", 5)
    monkeypatch.setattr(erasing, "MOST", 10)
    Recorder().record([usage("s", n, second=n) for n in range(1, 60)])
    begin_deletion(project)
    noted: list[tuple[str, int]] = []
    pauses: list[float] = []

    finish_deletion(
        project,
        pause=pauses.append,
        note=lambda kind, n, seconds: noted.append((kind, n)),
    )

    assert max(n for _, n in noted) <= 10
    assert sum(n for kind, n in noted if kind == "samples") == 59
    assert len(pauses) >= len(noted) > 12


def test_samples_are_found_by_their_sessions_alone(project: Any, usage: Any) -> None:
    """They have no index by project: deleting one read all samples there were, while
    reports waited for the project's row.
    """
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tracker.ingest.judging.record import Recorder
    from tracker.models import Project, UsageSample
    from tracker.upkeep.project_deletion import delete_project

    Recorder().record([usage(key, 1_000, second=1) for key in "abc"])
    with CaptureQueriesContext(connection) as queries:
        delete_project(project)

    assert not UsageSample.objects.exists()
    assert not Project.objects.filter(pk=project.pk).exists()
    of_samples = [
        query["sql"]
        for query in queries
        if query["sql"].startswith('DELETE FROM "tracker_usagesample"')
    ]
    assert of_samples and all("session_id" in sql for sql in of_samples)
