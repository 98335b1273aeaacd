"""A pattern that finds nothing is told as such."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tracker.models import LLMSession, Project
from tracker.reading.policies.unmatched import unmatched

AT = datetime(2026, 11, 30, tzinfo=UTC)


@pytest.mark.parametrize("pattern", ["", "gpt-*", "GPT-5", "gpt-[45]"])
def test_what_finds_a_session_or_asks_for_none_is_not_told(
    project: Project, pattern: str
) -> None:
    LLMSession.objects.create(project=project, key="a", model="gpt-5", created_at=AT)

    assert unmatched(pattern, project.pk) == unmatched(pattern) == ""


def test_what_finds_nothing_is_told_and_so_is_another_projects_model(
    project: Project,
) -> None:
    other: Any = Project.objects.create(slug="b", name="B")
    LLMSession.objects.create(project=other, key="a", model="gpt-5", created_at=AT)

    assert unmatched("gpt-5") == ""
    assert unmatched("gpt-5", project.pk) == (
        "No stored session has a model that matches gpt-5"
    )
