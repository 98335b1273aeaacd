"""Deleting on the pages: asked once more, for administrators of the project."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def admin_member(member: Any) -> Any:
    from tracker.models import ProjectMember

    ProjectMember.objects.update(role="admin")
    return member


def test_a_session_is_deleted_once_the_box_is_ticked(
    admin_member: Any, make_session: Any
) -> None:
    from tracker.models import AuditEntry, LLMSession

    session = make_session("s")
    address = f"/sessions/{session.pk}/delete/"
    assert (
        f'href="{address}"'
        in admin_member.get(f"/sessions/{session.pk}/").content.decode()
    )

    asked = admin_member.post(address, {})
    assert asked.status_code == 422 and "Tick the box" in asked.content.decode()
    assert LLMSession.objects.exists()

    done = admin_member.post(address, {"confirm": "yes"})

    assert done["Location"] == "/sessions/"
    assert not LLMSession.objects.exists()
    assert AuditEntry.objects.get(action="session_deleted").actor == "alice"


def test_a_project_is_deleted_once_its_name_is_typed(
    admin_member: Any, make_session: Any, project: Any
) -> None:
    from tracker.models import LLMSession, Project
    from tracker.upkeep.project_deletion import finish_deletion

    make_session("s")
    address = "/projects/search/delete/"

    assert admin_member.post(address, {"confirm": "Search"}).status_code == 422
    assert Project.objects.exists()
    begun = admin_member.post(address, {"confirm": "search"})
    assert begun["Location"] == f"{address}?progress"
    page = admin_member.get(begun["Location"])
    assert "is being deleted" in page.content.decode()
    assert "1 session left" in page.content.decode()
    assert page["Refresh"] == f"2; url={address}?progress"

    finish_deletion(Project.objects.get(), pause=lambda seconds: None)

    assert admin_member.get(begun["Location"])["Location"] == "/"
    assert admin_member.get(address).status_code == 404
    assert not LLMSession.objects.exists()


def test_reviewers_are_neither_offered_nor_allowed_to_delete(
    member: Any, make_session: Any
) -> None:
    session = make_session("s")

    page = member.get(f"/sessions/{session.pk}/").content.decode()
    answer = member.post(f"/sessions/{session.pk}/delete/", {"confirm": "yes"})

    assert "/delete/" not in page and answer.status_code == 403
