"""Of two people who have one form open, the second to save undoes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from tracker.changes.access.api_keys import create_api_key, revoke_api_key
from tracker.models import (
    AlertChannel,
    AlertRule,
    ApiKey,
    CatalogueModel,
    Policy,
    Project,
    ProjectMember,
    Upstream,
)


def shown(page: Any) -> dict[str, Any]:
    """What a browser would send back of the form on the page."""
    context = page.context
    form = context["adminform"].form if "adminform" in context else context["form"]
    sent: dict[str, Any] = {}
    for field in form:
        value = field.value()
        if value in (None, False) or field.name == "password":
            continue
        widget = field.field.widget
        if hasattr(widget, "widgets"):  # a date and a time
            parts = widget.decompress(value)
            sent |= {f"{field.name}_{n}": p or "" for n, p in enumerate(parts)}
            continue
        sent[field.name] = value
    for formset in context.get("inline_admin_formsets", ()):
        management = formset.formset.management_form
        sent |= {bound.html_name: bound.value() for bound in management}
        for inline in formset.formset.initial_forms:
            values = {bound.html_name: bound.value() for bound in inline}
            sent |= {name: value for name, value in values.items() if value}
    return sent


def channel(project: Project) -> AlertChannel:
    return AlertChannel.objects.create(
        project=project, name="ops", kind="webhook", target="https://1.1.1.1/token-9"
    )


def rule(project: Project) -> AlertRule:
    return AlertRule.objects.create(
        project=project, channel=channel(project), name="Full", kind="level",
        level="critical", zone="UTC",
    )  # fmt: skip


def key(project: Project) -> ApiKey:
    return create_api_key(project=project, name="ci")[0]


def person(project: Project) -> User:
    return User.objects.create_user("ann", first_name="Ann")


# What makes the row, its page, what the first one and then the second one changes.
FORMS = {
    "a channel": (channel, "/alerts/channels/{}/", {"name": "a"}, {"name": "b"}),
    "a rule": (rule, "/alerts/rules/{}/", {"level": "warning"}, {"name": "b"}),
    "a key": (
        key, "/admin/tracker/apikey/{}/change/",
        {"rate_limit_per_minute": 5}, {"name": "b"},
    ),
    "a project": (
        lambda project: project, "/admin/tracker/project/{}/change/",
        {"retention_days": 7}, {"keep_messages": "no"},
    ),
    "an upstream": (
        lambda _: Upstream.objects.create(name="up", base_url="https://1.1.1.1"),
        "/admin/tracker/upstream/{}/change/",
        {"base_url": "https://1.1.1.2"}, {"name": "b"},
    ),
    "a model": (
        lambda _: CatalogueModel.objects.create(name="m", window_tokens=9_000),
        "/admin/tracker/cataloguemodel/{}/change/",
        {"window_tokens": 8_000}, {"max_output_tokens": 5},
    ),
    "a person": (
        person, "/admin/auth/user/{}/change/",
        {"first_name": "Anna"}, {"last_name": "Lee"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_the_second_to_save_is_refused_and_told_of_the_first(
    admin_client: Any, project: Project, name: str
) -> None:
    make, address, first, second = FORMS[name]
    row: Any = make(project)  # type: ignore[no-untyped-call]
    page = address.format(row.pk)
    theirs, mine = shown(admin_client.get(page)), shown(admin_client.get(page))

    saved = admin_client.post(page, {**theirs, **first})
    stored = type(row).objects.filter(pk=row.pk).values().get()
    refused = admin_client.post(page, {**mine, **second})

    assert saved.status_code == 302, saved.context["errors"]
    assert refused.status_code in (200, 409)  # Django's admin answers 200
    text = refused.content.decode()
    assert "Someone else saved this" in text and "admin changed" in text
    assert type(row).objects.filter(pk=row.pk).values().get() == stored
    again = {**shown(admin_client.get(page)), **second}
    assert admin_client.post(page, again).status_code == 302
    assert type(row).objects.filter(pk=row.pk).values().get() != stored


def test_a_members_role_is_not_set_back_by_a_form_that_shows_the_old_one(
    admin_client: Any, project: Project
) -> None:
    ann = ProjectMember.objects.create(
        project=project, user=person(project), role="viewer"
    )
    page = f"/admin/tracker/project/{project.pk}/change/"
    mine = shown(admin_client.get(page))
    ProjectMember.objects.filter(pk=ann.pk).update(role="admin")

    refused = admin_client.post(page, {**mine, "retention_days": 7})

    assert "Someone else saved this project" in refused.content.decode()
    ann.refresh_from_db()
    assert ann.role == "admin"


def test_what_the_server_itself_moves_is_no_change_of_a_person(
    admin_client: Any, project: Project
) -> None:
    ann = person(project)
    page = f"/admin/auth/user/{ann.pk}/change/"
    mine = shown(admin_client.get(page))
    User.objects.filter(pk=ann.pk).update(last_login="2026-11-30T00:00Z")

    assert admin_client.post(page, {**mine, "last_name": "Lee"}).status_code == 302


def test_a_key_that_is_revoked_meanwhile_stays_revoked(
    admin_client: Any, project: Project, monkeypatch: Any
) -> None:
    made = key(project)
    page = f"/admin/tracker/apikey/{made.pk}/change/"
    mine = shown(admin_client.get(page))
    original = ApiKey.save

    def save(self: ApiKey, *args: Any, **kwargs: Any) -> None:
        monkeypatch.setattr(ApiKey, "save", original)
        revoke_api_key(ApiKey.objects.get(pk=self.pk))
        original(self, *args, **kwargs)

    monkeypatch.setattr(ApiKey, "save", save)
    admin_client.post(page, {**mine, "name": "b"})

    made.refresh_from_db()
    assert (made.name, made.revoked_at is None) == ("b", False)


def test_a_secret_is_not_readable_in_what_the_form_says_it_has_seen(
    admin_client: Any, project: Project
) -> None:
    page = admin_client.get(f"/alerts/channels/{channel(project).pk}/")

    assert len(page.context["form"]["seen"].value()) == 64


def test_a_policys_form_says_when_it_was_saved(admin_client: Any) -> None:
    policy = Policy.objects.create(name="s", model_pattern="m-*")
    page = admin_client.get(f"/admin/tracker/policy/{policy.pk}/change/")

    assert shown(page)["seen"] == policy.updated_at.isoformat()
