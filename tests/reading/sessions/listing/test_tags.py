"""A search by tag reads the tags of the shown projects alone."""

from __future__ import annotations

from typing import Any

import pytest

from tracker.changes.session_tags import add_tag
from tracker.models import LLMSession, Project, SessionTag
from tracker.reading.sessions.listing.lists import (
    SessionFilter,
    filtered_sessions,
    known_tags,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def other_project() -> Project:
    return Project.objects.create(slug="other", name="Other")


def tagged(project: Project, key: str, *names: str) -> LLMSession:
    session: LLMSession = LLMSession.objects.create(
        project=project, key=key, created_at="2026-11-29T00:00Z", changed_us=1
    )
    for name in names:
        add_tag([session], name)
    return session


def test_other_projects_tags_are_neither_found_nor_read(
    project: Project, other_project: Project
) -> None:
    mine = tagged(project, "mine", "nightly", "slow")
    tagged(project, "slow", "slow")
    tagged(other_project, "theirs", "nightly", "theirs-alone")

    found = filtered_sessions([project], SessionFilter(tags=("nightly", "slow")))

    assert list(found) == [mine]
    plan: Any = filtered_sessions([project], SessionFilter(tags=("slow",))).explain()
    assert "(project_id=? AND name=?)" in plan
    assert known_tags([project]) == ["nightly", "slow"]
    both = filtered_sessions([project, other_project], SessionFilter(tags=("nightly",)))
    assert {session.key for session in both} == {"mine", "theirs"}


def test_tags_of_several_projects_at_once_each_know_theirs(
    project: Project, other_project: Project
) -> None:
    sessions = [tagged(project, "a"), tagged(other_project, "b")]

    assert add_tag(sessions, "same") == 2

    for session in sessions:
        tag = SessionTag.objects.get(session=session)
        assert tag.project_id == session.project_id
