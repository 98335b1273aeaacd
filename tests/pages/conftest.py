"""People, projects and stored rows for the pages' tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def present_policies_are_fresh() -> None:
    from tracker.reading.policies.policy_shelf import forget_policies

    forget_policies()


@pytest.fixture
def project(db: None) -> Any:
    from tracker.models import Project

    return Project.objects.create(slug="search", name="Search")


@pytest.fixture
def other_project(db: None) -> Any:
    from tracker.models import Project

    return Project.objects.create(slug="legal", name="Legal")


@pytest.fixture
def member(project: Any, client: Any, django_user_model: Any) -> Any:
    """A client logged in as a member of `project` and of no other."""
    from tracker.models import ProjectMember

    user = django_user_model.objects.create_user("alice", password="a long password")
    ProjectMember.objects.create(project=project, user=user, role="reviewer")
    client.force_login(user)
    client.user = user
    return client


@pytest.fixture
def make_session(project: Any) -> Callable[..., Any]:
    """`make_session("key", used=163_072)`: a session with one sample, counted."""
    from django.db.models import F
    from django.utils import timezone

    from tracker.domain.budget.policy import BudgetPolicy
    from tracker.domain.budget.status import level_of
    from tracker.models import LLMSession, Project, UsageSample

    def make(key: str, *, used: int = 1_000, ago: float = 60, **fields: Any) -> Any:
        at = timezone.now() - timedelta(seconds=ago)
        level = level_of(used, BudgetPolicy().limits(200_000))
        of = fields.pop("project", project)
        session = LLMSession.objects.create(
            project=of, key=key, used_tokens=used, history_tokens=used,
            used_ratio=used / 196_000, level=level, event_level=level, source="counted",
            first_at=at, last_at=at, created_at=at, sample_count=1, **fields,
        )  # fmt: skip
        UsageSample.objects.create(
            project=of, session=session, at=at, event_id=f"of-{key}"[:255],
            used_tokens=used, system_tokens=0, history_tokens=used,
            user_context_tokens=0, tools_tokens=0, unattributed_tokens=0,
            window_tokens=200_000, window_source="default", available_tokens=196_000,
            level=level, source="counted", origin="api",
        )  # fmt: skip
        name = f"{level}_count"
        Project.objects.filter(pk=of.pk).update(**{name: F(name) + 1})
        return session

    return make


@pytest.fixture
def make_event() -> Callable[..., Any]:
    from django.utils import timezone

    from tracker.models import ThresholdEvent

    def make(session: Any, *, to: str = "warning", ago: float = 0) -> Any:
        return ThresholdEvent.objects.create(
            project=session.project, session=session,
            at=timezone.now() - timedelta(seconds=ago),
            seq=ThresholdEvent.objects.count() + 1,
            from_level="ok", to_level=to,
            used_tokens=160_000, available_tokens=196_000, policy_name="default",
        )  # fmt: skip

    return make


@pytest.fixture
def make_compression() -> Callable[..., Any]:
    from django.utils import timezone

    from tracker.models import Compression, CompressionText

    def make(session: Any, *, ago: float = 0, text: Any = None, **fields: Any) -> Any:
        given = {"before_tokens": 166_972, "after_tokens": 48_132}
        given |= {"performed_by": "client", "trigger": "auto"}
        compression = Compression.objects.create(
            project=session.project, session=session,
            at=timezone.now() - timedelta(seconds=ago),
            seq=1_000 + Compression.objects.count(), **(given | fields),
        )  # fmt: skip
        if text is not None:
            CompressionText.objects.create(compression=compression, **text)
        return compression

    return make


@pytest.fixture
def policy(store: None) -> Any:
    """The default one."""
    from tests.default_policy import make_default_policy

    return make_default_policy()


@pytest.fixture
def boss(policy: Any, django_user_model: Any) -> Any:
    """The browser of an administrator of everything."""
    from django.test import Client

    client = Client()
    client.force_login(django_user_model.objects.create_superuser("boss", "", "x"))
    return client


@pytest.fixture
def browser_of(policy: Any, django_user_model: Any) -> Callable[..., Any]:
    """`browser_of(project, "viewer")`: of somebody of this project."""
    from django.test import Client

    from tracker.models import ProjectMember

    def make(project: Any, role: str) -> Any:
        user = django_user_model.objects.create_user(f"{role}-{project.slug}")
        ProjectMember.objects.create(project=project, user=user, role=role)
        client = Client()
        client.force_login(user)
        return client

    return make
