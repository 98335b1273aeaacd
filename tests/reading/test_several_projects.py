"""Lists of several projects are read by the index of their own order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tracker.models import LLMSession, Project, ThresholdEvent
from tracker.reading import several_projects
from tracker.reading.event_lists import events_of

NOW = timezone.now()


@pytest.fixture
def projects(store: None) -> list[Project]:
    """Three with an event each, and a hundred more by their count."""
    found = [Project.objects.create(slug=f"p-{n}", last_seq=100) for n in range(3)]
    for number, project in enumerate(found):
        session = LLMSession.objects.create(project=project, key="one", created_at=NOW)
        ThresholdEvent.objects.create(
            project=project, session=session, seq=1, from_level="ok",
            to_level="warning", at=NOW - timedelta(hours=number), used_tokens=1,
            available_tokens=1,
        )  # fmt: skip
    return found


def _plan(projects: list[Project]) -> str:
    plan: Any = events_of(projects).order_by("-at", "-pk")[:14].explain()
    return str(plan)


def test_of_many_rows_an_index_by_project_is_not_used(
    projects: list[Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(several_projects, "FEW", 199)

    assert "INDEX event_newest" in _plan(projects[:2])
    shown = events_of(projects[:2]).order_by("-at")
    assert [event.project_id for event in shown] == [p.pk for p in projects[:2]]


def test_of_one_project_or_of_few_rows_it_is(
    projects: list[Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "project_id=?" in _plan(projects[:2])
    monkeypatch.setattr(several_projects, "FEW", 0)

    assert "project_id=?" in _plan(projects[:1])
    assert list(events_of([])) == []
