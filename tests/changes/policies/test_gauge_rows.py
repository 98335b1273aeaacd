"""The database judges gauges as the domain does. PostgreSQL: tests/services."""

from __future__ import annotations

import pytest

from tests.default_policy import make_default_policy
from tests.services.judged_gauges import differences
from tracker.changes.policies import rejudge
from tracker.models import Project


@pytest.mark.django_db(transaction=True)
def test_gauges_are_judged_as_the_domain_judges_them(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_default_policy()
    monkeypatch.setattr(rejudge, "BATCH", 100)

    found = differences(project)

    assert len(found) == 6 and not any(found.values()), found
