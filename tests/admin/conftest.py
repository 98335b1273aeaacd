from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from tests.default_policy import make_default_policy
from tracker.domain.reports import CompressionReport, Parts, UsageReport
from tracker.ingest.arrivals import Arrival
from tracker.ingest.judging.record import Recorder
from tracker.models import Policy, Project


@pytest.fixture
def staff(store: None, django_user_model: Any) -> Client:
    """The browser of an administrator."""
    client = Client()
    client.force_login(django_user_model.objects.create_superuser("boss", "", "x"))
    return client


@pytest.fixture(autouse=True)
def default_policy(store: None) -> Policy:
    return make_default_policy()


@pytest.fixture
def report(project: Project) -> Callable[..., None]:
    """`report(session, used)`: one sample, through the writing door."""
    now = datetime(2026, 11, 22, tzinfo=UTC)

    def record(session: str, used: int, **more: Any) -> None:
        usage = UsageReport(
            session=session,
            used_tokens=used,
            parts=Parts(history=used),
            source="counted",
            at=now,
            **more,
        )
        compressed = CompressionReport(
            session=session, before_tokens=used, after_tokens=used // 2, at=now
        )
        Recorder().record(
            [Arrival(project.pk, usage, now), Arrival(project.pk, compressed, now)]
        )

    return record


@pytest.fixture
def policy_data() -> Callable[..., dict[str, str]]:
    """The form as the browser sends it, with some values changed."""
    from tracker.changes.policies.form import FIELDS

    def data(policy: Policy, **changes: Any) -> dict[str, str]:
        values = {name: getattr(policy, name) for name in FIELDS}
        values |= {"project": policy.project_id, "session": policy.session_id}
        values |= changes
        return {k: "" if v is None else str(v) for k, v in values.items()}

    return data
