"""A badge tells the worst level, of one session or of those active now."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from tracker.changes.share_links import make_link
from tracker.models import ShareLink
from tracker.pages.charts.palette import LIGHT
from tracker.pages.share.badges import badge_of


@pytest.fixture
def link(policy: Any, project: Any) -> Any:
    def make(**fields: Any) -> ShareLink:
        made = ShareLink(project=project, shows="badge", **fields)
        return make_link(made, days=1, user=None)

    return make


def test_a_session_tells_how_full_it_is(link: Any, make_session: Any) -> None:
    badge = badge_of(link(session=make_session("chat-1", used=190_000)))

    assert (badge.name, badge.text) == ("chat-1", "96.9 %")
    assert badge.colour == LIGHT.levels["critical"]


def test_a_project_tells_its_worst_level_of_the_last_hour(
    link: Any, make_session: Any
) -> None:
    assert badge_of(link()).text == "no active session"
    make_session("calm")
    assert badge_of(link()).text == "1 active"
    make_session("full", used=190_000, model="my-model")
    make_session("long ago", used=300_000, ago=7_200)

    badge = badge_of(link())

    assert (badge.name, badge.text) == ("Search", "1 of 2 critical")
    of_model = badge_of(link(model="my-model"))
    assert (of_model.name, of_model.text) == ("my-model", "1 of 1 critical")
    assert badge_of(link(model="none")).text == "no active session"


def test_it_is_an_image_whatever_the_name(
    client: Any, link: Any, make_session: Any
) -> None:
    session = make_session("chat", title="<script>&\u202e" + "x" * 200)
    made = link(session=session)

    answer = client.get(f"/shared/{made.token}/badge.svg")

    assert answer["Content-Type"] == "image/svg+xml"
    drawn = ElementTree.fromstring(answer.content)
    assert drawn.attrib["aria-label"].startswith("<script>&")
    assert len(drawn.attrib["aria-label"]) < 60
