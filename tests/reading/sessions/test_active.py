"""Active sessions: counted per level and spread over how full they are."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from tracker.domain.budget.status import LEVELS
from tracker.models import LLMSession, Project
from tracker.reading.sessions.active import STEPS, active_counts, spread
from tracker.reading.sessions.listing import lists
from tracker.reading.sessions.listing.lists import SessionFilter, filtered_sessions

NOW = timezone.now()
SINCE = NOW - timedelta(hours=1)


@pytest.fixture
def project(store: None) -> Project:
    return Project.objects.create(slug="search", name="Search")


def session(project: Project, key: str, ratio: float, level: str, hours: float) -> None:
    at = NOW - timedelta(hours=hours)
    LLMSession.objects.create(
        project=project, key=key, used_ratio=ratio, level=level,
        last_at=at, created_at=at,
    )  # fmt: skip


def test_only_who_reported_since_is_counted(project: Project) -> None:
    other = Project.objects.create(slug="legal", name="Legal")
    session(project, "now", 0.83, "warning", 0)
    session(project, "just", 1.2, "exceeded", 1)
    session(project, "idle", 1.2, "exceeded", 1.1)
    session(other, "theirs", 0.83, "warning", 0)

    found = active_counts([project.pk], SINCE)

    assert found == dict.fromkeys(LEVELS, 0) | {"warning": 1, "exceeded": 1}


def test_the_count_reads_an_index_alone(project: Project) -> None:
    found = LLMSession.objects.filter(project__in=[project.pk], last_at__gte=SINCE)
    plan: Any = found.order_by().values_list("level").distinct().explain()

    assert "COVERING INDEX session_active" in plan


def test_the_spread_has_a_place_for_each_session(project: Project) -> None:
    session(project, "empty", 0.0, "ok", 0)
    session(project, "83", 0.83, "warning", 0)
    session(project, "81", 0.81, "warning", 5)
    session(project, "huge", 7.5, "exceeded", 0)

    found = spread([project], SINCE)

    assert found.active[0] == ["ok"]
    assert found.active[20] == ["warning"] and found.idle[20] == 1
    assert found.active[STEPS - 1] == ["exceeded"]
    assert sum(map(len, found.active)) == 3 and sum(found.idle) == 1


def test_the_fullest_of_few_active_sessions_are_read_by_their_ids(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    session(project, "now", 0.83, "warning", 0)
    session(project, "full", 0.9, "warning", 0.5)
    session(project, "idle", 1.2, "exceeded", 5)
    project.ok_count = 3
    wanted = SessionFilter(active_since=SINCE)
    monkeypatch.setattr(lists, "FEW", 2)

    def fullest() -> QuerySet[LLMSession]:
        return filtered_sessions([project], wanted).order_by("-used_ratio", "-pk")

    assert [row.key for row in fullest()] == ["full", "now"]
    assert "INTEGER PRIMARY KEY" in str(fullest().explain())
    monkeypatch.setattr(lists, "FEW", 1)
    assert [row.key for row in fullest()] == ["full", "now"]
    assert "INTEGER PRIMARY KEY" not in str(fullest().explain())
