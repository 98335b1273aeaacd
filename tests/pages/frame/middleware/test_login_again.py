"""An open page whose login has ended."""

from __future__ import annotations

import pytest

PAGE = "http://testserver/sessions/?q=a%20b&level=ok"


def ask(client, path="/sessions/?q=a&cursor=x", *, post=False, **headers):
    headers = {"HX-Request": "true", "HX-Current-URL": PAGE} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    return (
        client.post(path, headers=headers)
        if post
        else client.get(path, headers=headers)
    )


@pytest.mark.parametrize("post", [False, True])
def test_the_whole_page_goes_to_the_login_and_comes_back(client, db, post):
    answer = ask(client, "/compressions/1/review/" if post else "/sessions/", post=post)

    assert answer.status_code == 200
    assert answer["HX-Redirect"] == "/login/?next=/sessions/%3Fq%3Da%2520b%26level%3Dok"
    assert answer.content == b""
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("page", ["https://evil.example/x", "nonsense", "", "http://["])
def test_another_sites_page_is_not_come_back_to(client, db, page):
    answer = ask(client, HX_Current_URL=page)

    assert answer["HX-Redirect"] == "/login/?next=/"


def test_a_whole_page_is_redirected_as_ever(client, db):
    for headers in ({}, {"HX-Request": "true", "HX-Boosted": "true"}):
        answer = client.get("/sessions/", headers=headers)

        assert (answer.status_code, answer["Location"]) == (
            302,
            "/login/?next=/sessions/",
        )


def test_other_answers_to_htmx_stay(member):
    assert "HX-Redirect" not in ask(member, "/sessions/")
    assert ask(member, "/nothing/").status_code == 404
