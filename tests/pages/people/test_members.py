"""One form lets a person into a project; only administrators of the site have it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tracker.models import AuditEntry, ProjectMember

AT = "/projects/search/people/"


def members() -> list[tuple[str, str]]:
    rows = ProjectMember.objects.order_by("user__username")
    return list(rows.values_list("user__username", "role"))


def test_a_new_person_gets_a_link_that_logs_them_in(boss: Any, project: Any) -> None:
    page = boss.post(AT, {"username": "ann", "role": "viewer"}).content.decode()

    assert members() == [("ann", "viewer")]
    found = re.search(r"http://testserver(/login/link/[^<]+)<", page)
    assert found
    theirs = Client()
    assert theirs.post(found[1])["Location"] == "/"
    assert theirs.get("/sessions/?project=search").status_code == 200
    assert not User.objects.get(username="ann").has_usable_password()
    entry = AuditEntry.objects.get(action="member_added")
    assert (entry.target, entry.detail, entry.actor) == ("ann", "viewer", "boss")


def test_who_is_known_gets_the_role_and_no_link(boss: Any, project: Any) -> None:
    User.objects.create_user("ann", password="a long password")
    for name, role in (("ann", "viewer"), ("ａnn", "reviewer")):
        page = boss.post(AT, {"username": name, "role": role}).content.decode()

    assert members() == [("ann", "reviewer")]
    assert "/login/link/" not in page
    assert User.objects.get(username="ann").has_usable_password()


@pytest.mark.parametrize(
    "form",
    [{"username": "a b", "role": "viewer"}, {"username": "ann", "role": "owner"}, {}],
)
def test_what_does_not_fit_is_refused(
    boss: Any, project: Any, form: dict[str, str]
) -> None:
    before = User.objects.count()

    assert boss.post(AT, form or {"role": ""}).status_code == 422
    assert (members(), User.objects.count()) == ([], before)


def test_a_login_that_is_switched_off_stays_off(boss: Any, project: Any) -> None:
    User.objects.create_user("ann", is_active=False)

    answer = boss.post(AT, {"username": "ann", "role": "viewer"})
    assert (answer.status_code, members()) == (422, [])


@pytest.mark.parametrize("role", ["viewer", "reviewer", "admin"])
def test_members_may_not(browser_of: Any, project: Any, role: str) -> None:
    one = browser_of(project, role)

    assert one.get(AT).status_code == 403
    answer = one.post(AT, {"username": "ann", "role": "admin"})
    assert answer.status_code == 403
    assert not User.objects.filter(username="ann").exists()
    assert AT not in one.get("/integrations/").content.decode()
