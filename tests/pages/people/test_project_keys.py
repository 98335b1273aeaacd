"""The page of a project's keys: an administrator sees them and takes one back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tracker.changes.access.api_keys import create_api_key
from tracker.models import ApiKey, AuditEntry, ConfigVersion, Project, ProjectMember


@pytest.fixture
def project(db: None) -> Project:
    return Project.objects.create(slug="search", name="Search")


@pytest.fixture
def ann(client: Any, project: Project, django_user_model: Any) -> Any:
    """Logged in, and administrator of the project alone."""
    user = django_user_model.objects.create_user("ann")
    ProjectMember.objects.create(project=project, user=user, role="admin")
    client.force_login(user)
    return client


def test_keys_are_shown_without_what_opens_anything(ann: Any, project: Project) -> None:
    row, secret = create_api_key(project=project, name="nightly", scopes=["ingest"])
    create_api_key(
        project=project, name="old", expires_at=timezone.now() - timedelta(days=1)
    )

    said = ann.get("/projects/search/keys/").content.decode()

    assert "1 working key" in said and "nightly" in said and "expired" in said
    assert row.shown_prefix in said
    assert secret not in said and row.key_hash not in said


def test_a_key_is_revoked_for_good_and_it_is_written_down(
    ann: Any, project: Project
) -> None:
    row, _ = create_api_key(project=project, name="nightly")
    before = ConfigVersion.current()

    answer = ann.post(f"/projects/search/keys/{row.pk}/revoke/")

    row.refresh_from_db()
    assert answer["Location"] == "/projects/search/keys/"
    assert row.revoked_at is not None
    assert ConfigVersion.current() == before + 1  # the writer asks again
    entry = AuditEntry.objects.get(action="key_revoked")
    assert (entry.user.username, entry.project) == ("ann", project)
    first = row.revoked_at
    ann.post(f"/projects/search/keys/{row.pk}/revoke/")
    row.refresh_from_db()
    assert row.revoked_at == first
    assert "revoked" in ann.get("/projects/search/keys/").content.decode()


def test_another_projects_key_is_not_found(ann: Any, project: Project) -> None:
    other = Project.objects.create(slug="legal", name="Legal")
    row, _ = create_api_key(project=other, name="theirs")

    assert ann.post(f"/projects/search/keys/{row.pk}/revoke/").status_code == 404
    assert ann.get("/projects/legal/keys/").status_code == 404
    assert ApiKey.objects.get().revoked_at is None


def test_who_only_reads_or_reviews_may_not(
    client: Any, project: Project, django_user_model: Any
) -> None:
    row, _ = create_api_key(project=project, name="nightly")
    for role in ("viewer", "reviewer"):
        user = django_user_model.objects.create_user(role)
        ProjectMember.objects.create(project=project, user=user, role=role)
        client.force_login(user)

        assert client.get("/projects/search/keys/").status_code == 403
        answer = client.post(f"/projects/search/keys/{row.pk}/revoke/")
        assert answer.status_code == 403
        assert (
            "/projects/search/keys/"
            not in client.get("/integrations/").content.decode()
        )
    assert ApiKey.objects.get().revoked_at is None


def test_the_integrations_page_leads_there(ann: Any) -> None:
    said = ann.get("/integrations/").content.decode()

    assert 'href="/projects/search/keys/"' in said


def test_a_project_without_keys_says_so(ann: Any) -> None:
    assert "No key yet" in ann.get("/projects/search/keys/").content.decode()
