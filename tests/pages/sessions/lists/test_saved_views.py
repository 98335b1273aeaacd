"""A list is kept under a name: one's own, or everybody's of a project."""

from __future__ import annotations

from typing import Any

import pytest

from tracker.models import SavedView
from tracker.pages.sessions.lists.saved_views import MOST, kept


@pytest.fixture
def rob(browser_of: Any, project: Any) -> Any:
    return browser_of(project, "reviewer")


def views() -> list[tuple[str, str, str]]:
    rows = SavedView.objects.order_by("name").select_related("project")
    return [(v.name, v.project.slug if v.project else "", v.query) for v in rows]


def test_a_list_is_kept_shown_changed_and_removed(rob: Any, make_session: Any) -> None:
    make_session("one")
    query = "level=ok&q=tag:nightly&hide=turns&hide=freed&cursor=x&theme=y"

    answer = rob.post("/sessions/views/", {"name": " My  list ", "query": query})
    cleaned = "level=ok&q=tag%3Anightly&hide=turns&hide=freed"
    assert answer["Location"] == f"/sessions/?{cleaned}"
    assert views() == [("My list", "", cleaned)]
    shown = cleaned.replace("&", "&amp;")
    assert f'href="?{shown}"' in rob.get("/sessions/").content.decode()

    rob.post("/sessions/views/", {"name": "My list", "query": "order=name"})
    assert views() == [("My list", "", "order=name")]
    rob.post(f"/sessions/views/{SavedView.objects.get().pk}/remove/")
    assert views() == []


def test_htmx_keeps_the_address_that_the_browser_shows(rob: Any) -> None:
    headers = {
        "HX-Request": "true",
        "HX-Current-URL": "http://testserver/sessions/?level=critical",
    }

    form = {"name": "bad", "query": "level=ok"}
    answer = rob.post("/sessions/views/", form, headers=headers)

    assert answer["HX-Redirect"] == "/sessions/?level=critical"
    assert views() == [("bad", "", "level=critical")]
    rob.post("/sessions/views/", form, headers=headers | {"HX-Current-URL": "http://["})
    assert views() == [("bad", "", "level=ok")]


def test_who_has_left_a_project_takes_no_view_out_of_it(
    rob: Any, make_session: Any
) -> None:
    from tracker.models import ProjectMember

    rob.post("/sessions/views/", {"name": "ours", "project": "search"})
    ProjectMember.objects.all().delete()

    answer = rob.post("/sessions/views/", {"name": "ours"}, follow=True)

    assert "A project you have left" in answer.content.decode()
    assert views() == [("ours", "search", "")]


def test_a_shared_view_is_everybodys_of_its_project_alone(
    rob: Any, browser_of: Any, project: Any, other_project: Any, make_session: Any
) -> None:
    make_session("one")
    rob.post("/sessions/views/", {"name": "ours", "project": "search"})
    rob.post("/sessions/views/", {"name": "private one"})
    viewer, stranger = browser_of(project, "viewer"), browser_of(other_project, "admin")

    page = viewer.get("/sessions/").content.decode()
    assert ">ours<" in page and "private one" not in page
    assert ">ours<" not in stranger.get("/sessions/").content.decode()

    ours, own = SavedView.objects.order_by("name")
    for view in (ours, own):
        assert stranger.post(f"/sessions/views/{view.pk}/remove/").status_code == 404
    assert viewer.post(f"/sessions/views/{ours.pk}/remove/").status_code == 403
    assert viewer.post(f"/sessions/views/{own.pk}/remove/").status_code == 404
    assert SavedView.objects.count() == 2
    admin = browser_of(project, "admin")
    assert admin.post(f"/sessions/views/{ours.pk}/remove/").status_code == 302
    assert SavedView.objects.count() == 1


def test_viewers_keep_their_own_and_share_none(
    browser_of: Any, project: Any, other_project: Any
) -> None:
    viewer = browser_of(project, "viewer")
    for slug, status in (("search", 403), ("legal", 404), ("", 302)):
        form = {"name": "mine", "project": slug}
        assert viewer.post("/sessions/views/", form).status_code == status

    assert views() == [("mine", "", "")]


@pytest.mark.parametrize("name", ["", "  ", "x" * 61])
def test_what_is_no_name_is_refused(rob: Any, name: str) -> None:
    answer = rob.post("/sessions/views/", {"name": name}, follow=True)

    assert "at most 60 characters" in answer.content.decode()
    assert views() == []


def test_a_person_has_a_limited_number(rob: Any, django_user_model: Any) -> None:
    owner = django_user_model.objects.get()
    SavedView.objects.bulk_create(
        SavedView(owner=owner, name=f"view {n}") for n in range(MOST)
    )

    rob.post("/sessions/views/", {"name": "one more"})
    rob.post("/sessions/views/", {"name": "view 7", "query": "level=ok"})

    assert len(views()) == MOST
    assert ("view 7", "", "level=ok") in views()


def test_only_what_narrows_sorts_or_hides_is_kept() -> None:
    assert kept("cursor=a&level=&q=x&next=//evil&order=name") == "q=x&order=name"
