"""Administrators of a project share its things, by a button; others do not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tracker.changes.share_links import make_link
from tracker.models import AuditEntry, ShareLink


@pytest.fixture
def ann(browser_of: Any, project: Any) -> Any:
    return browser_of(project, "admin")


def test_a_link_is_made_listed_revoked_and_written_down(
    ann: Any, make_session: Any
) -> None:
    session = make_session("chat-1")
    at = f"/share/sessions/{session.pk}/"

    made = ann.post(at, {"shows": "page", "days": "7"})
    assert (made.status_code, made["Location"]) == (302, at)
    link = ShareLink.objects.get()
    left = link.expires_at - timezone.now()
    assert timedelta(days=6, hours=23) < left <= timedelta(days=7)
    address = f"http://testserver/shared/{link.token}/"
    assert address in ann.get(at).content.decode()
    assert ann.get(address).status_code == 200

    assert ann.post(f"/share/links/{link.pk}/revoke/").status_code == 302
    ann.post(f"/share/links/{link.pk}/revoke/")
    assert address not in ann.get(at).content.decode()
    assert ann.get(address).status_code == 410

    told = AuditEntry.objects.filter(action__startswith="share").order_by("pk")
    assert [(e.action, e.target) for e in told] == [
        ("share_made", f"page of session {session.pk}"),
        ("share_revoked", f"page of session {session.pk}"),
    ]
    assert all(link.token not in f"{e.target}{e.detail}" for e in told)


@pytest.mark.parametrize(
    "form",
    [
        {"shows": "page", "days": "9999"},
        {"shows": "page"},
        {"shows": "everything", "days": "7"},
    ],
)
def test_what_is_not_offered_is_refused(
    ann: Any, make_session: Any, form: dict[str, str]
) -> None:
    session = make_session("chat-1")

    assert ann.post(f"/share/sessions/{session.pk}/", form).status_code == 422
    assert not ShareLink.objects.exists()


def test_a_badge_is_of_a_model_the_project_has(ann: Any, make_session: Any) -> None:
    make_session("chat-1", model="my-model")
    at = "/share/projects/search/"

    for model, status in (("my-model", 302), ("", 302), ("theirs", 422)):
        form = {"shows": "badge", "days": "365", "model": model}
        assert ann.post(at, form).status_code == status

    assert {link.model for link in ShareLink.objects.all()} == {"my-model", ""}
    assert ann.get(at).content.decode().count("![Token Budget](http://") == 2


@pytest.mark.parametrize("role", ["viewer", "reviewer"])
def test_who_only_reads_or_reviews_may_not(
    browser_of: Any, project: Any, make_session: Any, make_compression: Any, role: str
) -> None:
    session = make_session("chat-1")
    cut = make_compression(session)
    link = ShareLink(project=project, session=session, shows="page")
    make_link(link, days=1, user=None)
    one = browser_of(project, role)

    form = {"shows": "page", "days": "7"}
    for at in (f"sessions/{session.pk}", f"compressions/{cut.pk}", "projects/search"):
        assert one.get(f"/share/{at}/").status_code == 403
        assert one.post(f"/share/{at}/", form).status_code == 403
    assert one.post(f"/share/links/{link.pk}/revoke/").status_code == 403

    assert ShareLink.objects.get().revoked_at is None
    for page in (f"/sessions/{session.pk}/", f"/compressions/{cut.pk}/"):
        assert "/share/" not in one.get(page).content.decode()


def test_the_buttons_lead_there(
    ann: Any, make_session: Any, make_compression: Any
) -> None:
    session = make_session("chat-1")
    cut = make_compression(session)

    for page, at in (
        (f"/sessions/{session.pk}/", f"/share/sessions/{session.pk}/"),
        (f"/compressions/{cut.pk}/", f"/share/compressions/{cut.pk}/"),
        ("/integrations/", "/share/projects/search/"),
    ):
        assert f'href="{at}"' in ann.get(page).content.decode()
