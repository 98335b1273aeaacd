"""Every page, by everybody."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.isolation.asking import ask, check
from tests.isolation.page_calls import PAGES, SHARED_FRAGMENTS
from tests.isolation.rules import ROW, Call
from tests.isolation.world import ACTORS, MARK, World, make_rows


@pytest.mark.parametrize("route", PAGES)
async def test_pages(world: World, in_db: Any, route: str) -> None:
    wrong = [line for call in PAGES[route] for line in await check(world, call, in_db)]

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("target", SHARED_FRAGMENTS)
async def test_fragments_are_shared_with_nobody_who_may_not_see_them(
    world: World, target: str
) -> None:
    call = SHARED_FRAGMENTS[target]
    for actor in reversed(ACTORS):
        statuses, may_read = call.rule[actor]
        headers = {"HX-Request": "true", "HX-Target": target}

        answer = await ask(world, actor, call, **headers)

        if "HX-Redirect" in answer.headers:  # what a 302 to the login becomes
            assert 302 in statuses and not answer.content, actor
            continue
        assert answer.status_code in statuses, actor
        if target not in ("budget-now", "session-chart"):  # which hold numbers alone
            assert (MARK in answer.text) is (may_read and 200 in statuses), actor
        if answer.status_code == 200 and target != "session-chart":
            assert f'id="{target}"' in answer.text


async def test_somebody_elses_rows_answer_like_missing_ones(world: World) -> None:
    for path in ("/sessions/{}/", "/compressions/{}/", "/sessions/{}/samples.csv",
                 "/sessions/{}/delete/", "/policies/{}/"):  # fmt: skip
        name = path.split("/")[1].rstrip("s").replace("policie", "policy")
        theirs = await ask(world, "stranger", Call(path.format(world.ids[name]), ROW))
        missing = await ask(world, "stranger", Call(path.format(999_999), ROW))

        assert theirs.status_code == missing.status_code == 404
        assert without_token(theirs.text) == without_token(missing.text)
    key = world.ids["session_key"]
    theirs = await ask(world, "other_key", Call(f"/api/v1/sessions/{key}", ROW))
    missing = await ask(world, "other_key", Call("/api/v1/sessions/none", ROW))
    assert theirs.json()["error"]["code"] == missing.json()["error"]["code"]
    assert theirs.text.replace(key, "none") == missing.text


def without_token(page: str) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", page)


@pytest.mark.parametrize(
    ("actor", "may"),
    [("stranger", False), ("viewer", False), ("reviewer", True), ("admin", True)],
)
async def test_only_reviewers_of_its_project_change_a_verdict(
    world: World, in_db: Any, actor: str, may: bool
) -> None:
    from tracker.models import Compression

    for route in ("compressions/review/", "compressions/<int:pk>/review/"):
        await in_db(lambda: make_rows(world))
        await ask(world, actor, PAGES[route][0])
        row = await in_db(lambda: Compression.objects.get(pk=world.ids["compression"]))

        assert (row.review == "accepted") is may


async def test_no_form_is_taken_without_its_token(world: World) -> None:
    calls = [c for calls in PAGES.values() for c in calls if c.method == "POST"]
    assert calls
    for call in calls:
        for origin in ("http://localhost", "https://evil.example"):
            headers = {"Origin": origin}
            headers["X-CSRFToken"] = "" if origin == "http://localhost" else "c" * 32
            answer = await ask(world, "superuser", call, **headers)

            assert answer.status_code == 403, call.path
