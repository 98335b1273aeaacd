"""Counts of what sources send: none is lost for another one's sake."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

AT = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def log(project: Any) -> Any:
    """Three sources wait; the timer is left to the tests."""
    from tracker.ingest.door.source_activity import ActivityLog, Arrived

    log = ActivityLog()
    for source in ("a", "b", "c"):
        log.note(project.pk, source, Arrived(reports=2, at=AT))
    yield log
    if log._timer is not None:
        log._timer.cancel()


@pytest.fixture
def failing(monkeypatch: Any) -> Any:
    """`failing["b"] = error`: raised whenever the counts of source b are written."""
    from tracker.ingest.door import source_activity

    errors: dict[str, Exception] = {}
    add = source_activity._add

    def add_or_fail(project_id: int, source: str, arrived: Any) -> None:
        if source in errors:
            raise errors[source]
        add(project_id, source, arrived)

    monkeypatch.setattr(source_activity, "_add", add_or_fail)
    return errors


def written() -> dict[str, int]:
    from tracker.models import SourceActivity

    return dict(SourceActivity.objects.values_list("source", "report_count"))


def test_one_that_the_database_refuses_waits_and_costs_no_other(
    log: Any, failing: Any, project: Any
) -> None:
    from django.db import IntegrityError

    from tracker.ingest.door.source_activity import Arrived

    failing["b"] = IntegrityError("its project goes at this moment")
    log.write()
    assert written() == {"a": 2, "c": 2}

    log.note(project.pk, "b", Arrived(reports=1, at=AT))
    failing.clear()
    log.write()
    log.write()
    assert written() == {"a": 2, "b": 3, "c": 2}


@pytest.mark.parametrize("kind", ["DataError", "ValueError"])
def test_one_that_no_database_holds_is_left_out_and_said(
    log: Any, failing: Any, caplog: Any, kind: str
) -> None:
    import builtins

    from django import db

    failing["b"] = getattr(db, kind, None) or getattr(builtins, kind)
    log.write()
    failing.clear()
    log.write()

    assert written() == {"a": 2, "c": 2}
    assert "cannot be stored" in caplog.text


def test_all_wait_for_a_store_that_is_away(log: Any, failing: Any) -> None:
    from django.db import OperationalError

    failing["b"] = OperationalError("database is locked")
    failing["c"] = AssertionError("asked once is enough")
    log.write()
    assert written() == {"a": 2}

    failing.clear()
    log.write()
    assert written() == {"a": 2, "b": 2, "c": 2}
