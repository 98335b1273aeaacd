"""The search index finds what looking at every row finds."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.reading.sessions import search_cases
from tracker.models import LLMSession, Project
from tracker.reading import several_projects
from tracker.reading.sessions.listing import searching
from tracker.reading.sessions.listing.lists import SessionFilter, filtered_sessions


def test_index_and_rows_agree_and_changes_are_followed(project: Project) -> None:
    search_cases.make(project)

    assert search_cases.differences(project) == []
    assert search_cases.kept_after_changes(project) == search_cases.KEPT


def test_a_migration_that_is_taken_back_can_be_made_again(project: Project) -> None:
    search_cases.make(project)

    search_cases.make_anew()

    assert search_cases.differences(project) == []
    assert search_cases.kept_after_changes(project) == search_cases.KEPT


def test_only_sessions_that_may_hold_the_text_are_looked_at(project: Project) -> None:
    search_cases.make(project)

    plan = filtered_sessions([project], SessionFilter(q="refund")).explain()

    assert "USING INTEGER PRIMARY KEY" in plan


def test_two_letters_are_looked_up_by_the_trigrams_that_begin_with_them(
    project: Project,
) -> None:
    search_cases.make(project)

    assert searching.may_hold("zq") == []
    assert len(searching.may_hold("Re") or ()) == 3  # refund, team: red (two)
    assert searching.may_hold("é1") is None and searching.may_hold("r") is None
    plan = filtered_sessions([project], SessionFilter(q="17")).explain()
    assert "USING INTEGER PRIMARY KEY" in plan


def test_a_long_text_is_looked_up_by_its_beginning(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    search_cases.make(project)
    whole, longer = searching.may_hold("refund"), "refund and no more"
    monkeypatch.setattr(searching, "LOOKED_UP", 6)

    assert whole and searching.may_hold(longer) == whole
    with CaptureQueriesContext(connection) as queries:
        assert not filtered_sessions([project], SessionFilter(q=longer))
    assert '"refund"' in queries[0]["sql"]


def test_what_too_many_hold_is_read_in_the_lists_own_order(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    search_cases.make(project)
    monkeypatch.setattr(searching, "FEW", 1)

    assert searching.may_hold("red") is None
    found = filtered_sessions([project], SessionFilter(q="red"))
    assert {row.key for row in found} == {"chat/42", "мир"}


def test_a_level_where_nobody_is_asks_no_session(project: Project) -> None:
    search_cases.make(project)
    Project.objects.update(ok_count=6)
    project.refresh_from_db()

    with CaptureQueriesContext(connection) as queries:
        found = list(
            filtered_sessions([project], SessionFilter(level="critical", q="x"))
        )

    assert found == [] and len(queries) == 0
    assert len(filtered_sessions([project], SessionFilter(level="ok"))) == 6


def test_lists_of_several_large_projects_walk_an_index_in_their_order(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(several_projects, "FEW", 0)
    Project.objects.update(ok_count=6)
    other = Project.objects.create(slug="other", ok_count=1)
    foreign = Project.objects.create(slug="foreign", ok_count=1)
    search_cases.make(project)
    search_cases.make(foreign)
    shown = Project.objects.filter(pk__in=[project.pk, other.pk])

    rows = filtered_sessions(shown, SessionFilter())

    for order, index in (
        ("used_ratio", "session_fullest"),
        ("last_at", "session_newest"),
    ):
        plan = rows.order_by(f"-{order}", "-pk")[:50].explain()
        assert f"SCAN tracker_llmsession USING INDEX {index}_all" in plan
        assert "TEMP B-TREE" not in plan
    assert {row.project_id for row in rows} == {project.pk}
    assert LLMSession.objects.count() == 12
