"""What is ticked in the list can be tagged, by reviewers, and compared."""

from __future__ import annotations

from typing import Any

import pytest

from tracker.models import SessionTag
from tracker.models.notes.session_tags import MOST, tag_of


def tags() -> list[tuple[str, str]]:
    rows = SessionTag.objects.order_by("session__key", "name")
    return list(rows.values_list("session__key", "name"))


@pytest.fixture
def rob(browser_of: Any, project: Any) -> Any:
    return browser_of(project, "reviewer")


def test_all_ticked_are_tagged_and_found_by_it(rob: Any, make_session: Any) -> None:
    one, two, _ = make_session("one"), make_session("two"), make_session("three")
    ticked = {"with": [one.pk, two.pk], "tag": " Needs  review "}

    answer = rob.post("/sessions/picked/", {**ticked, "do": "add"}, follow=True)
    assert "2 sessions tagged #needs-review." in answer.content.decode()
    rob.post("/sessions/picked/", {**ticked, "do": "add"})
    assert tags() == [("one", "needs-review"), ("two", "needs-review")]

    for at in ("/sessions/?q=tag:needs-review", "/?q=TAG:Needs-Review"):
        page = rob.get(at).content.decode()
        assert "one" in page and "two" in page and "three" not in page
    page = rob.get("/sessions/?q=tag:needs-review one").content.decode()
    assert 'value="tag:needs-review one"' in page
    assert "1 session matches" in page
    assert "No sessions match" in rob.get("/sessions/?q=tag:other").content.decode()

    rob.post(
        "/sessions/picked/", {"with": one.pk, "tag": "needs-review", "do": "remove"}
    )
    assert tags() == [("two", "needs-review")]


def test_the_sessions_own_page_shows_and_changes_them(
    rob: Any, make_session: Any
) -> None:
    session = make_session("one")
    at = f"/sessions/{session.pk}/"
    form = {"with": session.pk, "tag": "nightly", "do": "add"}

    headers = {"Referer": f"http://testserver{at}"}
    answer = rob.post("/sessions/picked/", form, headers=headers)

    assert answer["Location"] == f"http://testserver{at}"
    page = rob.get(at).content.decode()
    assert 'href="/sessions/?q=tag:nightly"' in page
    assert "Remove the tag nightly" in page


@pytest.mark.parametrize("tag", ["", "  ", "a,b", "<b>", "x" * 41, "-"])
def test_what_is_no_tag_is_refused(rob: Any, make_session: Any, tag: str) -> None:
    session = make_session("one")

    form = {"with": session.pk, "tag": tag, "do": "add"}
    answer = rob.post("/sessions/picked/", form, follow=True)

    assert "A tag has letters" in answer.content.decode()
    assert tags() == []


def test_a_session_has_a_limited_number(rob: Any, make_session: Any) -> None:
    session = make_session("one")
    for number in range(MOST + 1):
        form = {"with": session.pk, "tag": f"t{number}", "do": "add"}
        answer = rob.post("/sessions/picked/", form, follow=True)

    assert SessionTag.objects.count() == MOST
    assert "1 left out" in answer.content.decode()


def test_viewers_may_not_and_others_sessions_are_left_alone(
    browser_of: Any, project: Any, other_project: Any, make_session: Any
) -> None:
    session = make_session("one")
    form = {"with": session.pk, "tag": "mine", "do": "add"}

    viewer = browser_of(project, "viewer")
    assert viewer.post("/sessions/picked/", form).status_code == 403
    stranger = browser_of(other_project, "admin")
    assert stranger.post("/sessions/picked/", form).status_code == 302
    assert tags() == []
    for page in ("/sessions/", f"/sessions/{session.pk}/"):
        assert "Add tag" not in viewer.get(page).content.decode()


def test_two_ticked_are_compared_by_everybody_who_sees_them(
    browser_of: Any, project: Any, make_session: Any
) -> None:
    one, two = make_session("one"), make_session("two")
    form = {"with": [one.pk, two.pk, "x", "-1"], "do": "compare"}

    answer = browser_of(project, "viewer").post("/sessions/picked/", form)

    assert answer["Location"] == f"/sessions/compare/?with={one.pk}&with={two.pk}"


def test_one_goes_back_to_this_site_alone(rob: Any, make_session: Any) -> None:
    form = {"with": make_session("one").pk, "tag": "a", "do": "add"}

    for page in ("https://evil.example/sessions/", "//evil.example/", ""):
        answer = rob.post("/sessions/picked/", form, headers={"Referer": page})
        assert answer["Location"] == "/sessions/"


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("Nightly", "nightly"),
        ("#v1.2", "v1.2"),
        ("zu prüfen", "zu-prüfen"),
        ("/", ""),
    ],
)
def test_a_tag_is_written_in_one_way(text: str, tag: str) -> None:
    assert tag_of(text) == tag


def test_columns_that_an_address_hides_are_left_out(
    rob: Any, make_session: Any
) -> None:
    make_session("one")

    page = rob.get("/sessions/?hide=turns&hide=gauge&hide=name").content.decode()

    assert 'class="w-seen' in page and 'class="w-name' in page
    assert "w-gauge" not in page and 'data-show="sample_count"' not in page
    assert "2 hidden" in page
