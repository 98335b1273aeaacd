from __future__ import annotations

import re

from django.test import Client

from tracker.models import ApiKey, ConfigVersion, Project, ProjectMember
from tracker.models.access.api_keys import hash_key

ADD = "/admin/tracker/apikey/add/"


def make(staff: Client, project: Project) -> str:
    response = staff.post(
        ADD, {"project": project.pk, "name": "ci", "scopes": ["ingest", "read"]}
    )
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    [key] = set(re.findall(r"tb_[\w-]+", response.content.decode()))
    return key


def test_a_new_key_is_shown_once_and_stored_as_a_hash(staff: Client, project: Project):
    key = make(staff, project)

    row = ApiKey.objects.get()
    assert row.key_hash == hash_key(key)
    assert (row.project, row.scopes) == (project, ["ingest", "read"])
    for path in ("/admin/tracker/apikey/", f"/admin/tracker/apikey/{row.pk}/change/"):
        page = staff.get(path).content.decode()
        assert key not in page and row.shown_prefix in page


def test_a_key_is_revoked_and_then_stays_as_it_is(staff: Client, project: Project):
    make(staff, project)
    row = ApiKey.objects.get()
    version = ConfigVersion.current()

    staff.post(
        "/admin/tracker/apikey/", {"action": "revoke", "_selected_action": [row.pk]}
    )

    row.refresh_from_db()
    assert row.revoked_at is not None
    assert ConfigVersion.current() == version + 1
    url = f"/admin/tracker/apikey/{row.pk}/change/"
    assert staff.post(url, {"name": "x", "scopes": ["read"]}).status_code == 403
    assert staff.post(url.replace("change", "delete"), {}).status_code == 403


def test_changing_scopes_reaches_the_caches(staff: Client, project: Project):
    make(staff, project)
    row = ApiKey.objects.get()
    version = ConfigVersion.current()

    staff.post(
        f"/admin/tracker/apikey/{row.pk}/change/", {"name": "ci", "scopes": ["read"]}
    )

    row.refresh_from_db()
    assert (row.scopes, row.project) == (["read"], project)
    assert ConfigVersion.current() == version + 1


def test_an_unknown_scope_is_refused(staff: Client, project: Project):
    response = staff.post(ADD, {"project": project.pk, "name": "x", "scopes": ["root"]})

    assert "scopes" in response.context["adminform"].form.errors
    assert not ApiKey.objects.exists()


def test_a_projects_members_are_edited_with_it(
    staff: Client, project: Project, django_user_model: type
):
    person = django_user_model.objects.create_user("ana", "", "x")
    version = ConfigVersion.current()

    response = staff.post(
        f"/admin/tracker/project/{project.pk}/change/",
        {
            "name": "Renamed",
            "slug": project.slug,
            "keep_messages": "no",
            "retention_days": "",
            "members-TOTAL_FORMS": 1,
            "members-INITIAL_FORMS": 0,
            "members-0-user": person.pk,
            "members-0-role": "reviewer",
        },
    )

    assert response.status_code == 302
    member = ProjectMember.objects.get()
    assert (member.user, member.role, member.project.name) == (
        person,
        "reviewer",
        "Renamed",
    )
    assert ConfigVersion.current() == version + 1
