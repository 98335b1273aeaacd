"""What forms of the admin change is in the audit log, with old and new values."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tracker.changes.access.api_keys import create_api_key
from tracker.models import AuditEntry, CatalogueModel, Project, ProjectMember


def sent_again(staff: Client, address: str, **changes: Any) -> Any:
    """The form as it is shown, with some values changed."""
    context = staff.get(address).context
    body: dict[str, Any] = {}
    for form in (context["adminform"].form, *_inlines(context)):
        for field in form:
            name = form.add_prefix(field.name)
            value = field.value()
            if field.name in ("expires_at", "last_login", "date_joined"):
                continue
            body[name] = "" if value is None else value
    answer = staff.post(address, body | changes)
    assert answer.status_code == 302, answer.context["errors"]


def _inlines(context: Any) -> list[Any]:
    sets = [inline.formset for inline in context["inline_admin_formsets"]]
    return [form for one in sets for form in (one.management_form, *one.initial_forms)]


def said() -> tuple[str, str]:
    entry = AuditEntry.objects.filter(action="admin_changed").latest("pk")
    assert entry.actor == "boss"
    return entry.target, entry.detail


def test_a_project_and_its_members(staff: Client, project: Project) -> None:
    bob = User.objects.create_user("bob")
    ProjectMember.objects.create(project=project, user=bob)
    address = f"/admin/tracker/project/{project.pk}/change/"

    sent_again(staff, address, keep_messages="no", retention_days=30)
    target, detail = said()
    assert target == f"project {project}"
    assert detail == "Keep messages: Yes → No; Retention days: empty → 30"

    sent_again(staff, address, **{"members-0-role": "admin"})
    assert said()[1] == f"bob in {project} (admin): Role: Viewer → Admin"


def test_a_models_window(staff: Client) -> None:
    row = CatalogueModel.objects.create(name="house-9", window_tokens=200_000)

    sent_again(
        staff, f"/admin/tracker/cataloguemodel/{row.pk}/change/", window_tokens=128_000
    )

    assert said() == ("model house-9", "Window tokens: 200,000 → 128,000")


def test_a_key_is_noted_once_when_made_and_with_values_when_changed(
    staff: Client, project: Project
) -> None:
    row, key = create_api_key(project=project, name="ci", scopes=("read",))
    address = f"/admin/tracker/apikey/{row.pk}/change/"

    sent_again(staff, address, name="ci 2", scopes=["read", "optimize"])

    detail = said()[1]
    assert detail == "Name: ci → ci 2; Scopes: read → read, optimize"
    staff.post(
        "/admin/tracker/apikey/", {"action": "revoke", "_selected_action": row.pk}
    )
    actions = list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))
    assert actions[-3:] == ["key_created", "admin_changed", "key_revoked"]
    assert key not in str(list(AuditEntry.objects.values()))


@pytest.mark.parametrize("word", ["a new long password 7", "a different one 8"])
def test_a_password_is_changed_without_its_text(staff: Client, word: str) -> None:
    bob = User.objects.create_user("bob", password="first words 9")
    staff.post(
        f"/admin/auth/user/{bob.pk}/password/",
        {"password1": word, "password2": word, "usable_password": "true"},
    )

    bob.refresh_from_db()
    assert bob.check_password(word)
    target, detail = said()
    assert target == "user bob" and "password" in detail.lower()
    assert word not in str(list(AuditEntry.objects.values()))


def test_the_list_shows_what_changed(staff: Client, project: Project) -> None:
    address = f"/admin/tracker/project/{project.pk}/change/"
    sent_again(staff, address, name="<b>Search</b>")

    page = staff.get("/admin/tracker/auditentry/").content.decode()

    assert f"Name: {project.name} → &lt;b&gt;Search&lt;/b&gt;" in page
    entry = AuditEntry.objects.get(action="admin_changed")
    shown = staff.get(f"/admin/tracker/auditentry/{entry.pk}/change/")
    assert "&lt;b&gt;Search&lt;/b&gt;" in shown.content.decode()
