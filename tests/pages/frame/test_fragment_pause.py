"""How long open pages pause, so that all together ask a bounded number of times."""

from __future__ import annotations

import pytest

from tests.bench import bench_browsers, open_pages
from tracker.live.allowed.still_allowed import Credential
from tracker.live.hub import OpenPages
from tracker.pages.frame import fragment_pause
from tracker.pages.frame.fragment_pause import pause_ms

HTMX = {"HX-Request": "true"}


def opened_by(pages):
    """`{user id: number of pages}`"""
    opened = OpenPages()
    for user_id, count in pages.items():
        for _ in range(count):
            opened.add(Credential(user_id=user_id))
    return opened


@pytest.mark.parametrize(
    ("open_pages", "asks", "milliseconds"),
    [(0, 1, 2_000), (40, 1, 2_000), (41, 1, 2_050), (200, 1, 10_000), (200, 4, 40_000)],
)
def test_the_pause_grows_with_the_open_pages(open_pages, asks, milliseconds):
    assert pause_ms(asks, open_pages) == milliseconds


@pytest.mark.parametrize("lists", [1, 50, 200, 1_000])
@pytest.mark.parametrize("sessions", [0, 50, 1_000])
def test_all_pages_together_ask_a_bounded_number_of_times(lists, sessions):
    pages = lists + sessions
    rate = lists / pause_ms(1, pages) + 4 * sessions / pause_ms(4, pages)

    unbounded = (lists + 4 * sessions) / fragment_pause.SHORTEST_MS
    most = min(unbounded, fragment_pause.ASKS_PER_SECOND / 1_000)
    assert rate <= most * 1.001


def test_ones_ten_thousand_pages_make_nobody_else_wait_for_minutes(
    member, make_session, monkeypatch
):
    make_session("a")
    me, other = member.user.pk, member.user.pk + 1
    opened = opened_by({me: 1, other: 10_000})
    monkeypatch.setattr(fragment_pause.hub, "pages", opened)

    assert member.get("/", headers=HTMX)["X-Fragment-Pause"] == "2550"
    assert pause_ms(1, opened.seen_by(other)) == 500_050  # and 20 asks a second


@pytest.mark.parametrize("people", [1, 7, 200])
def test_one_page_more_or_less_counts_as_it_did(people):
    opened = opened_by(dict.fromkeys(range(1, people + 1), 60))
    assert opened.seen_by(1) == people * 50 + 10
    assert opened.seen_by(None) == people * 50

    for _ in range(60):
        opened.remove(Credential(user_id=1))
    assert opened.seen_by(1) == (people - 1) * 50
    assert opened._of.keys() == set(range(2, people + 1))


def test_programs_with_a_key_ask_for_no_fragment():
    opened = OpenPages()
    opened.add(Credential(key_id=1))
    opened.add(None)

    assert opened.seen_by(1) == 0
    opened.remove(Credential(key_id=1))
    assert opened.seen_by(1) == 0


def test_pages_and_fragments_say_the_pause(member, make_session, monkeypatch):
    session = make_session("a")
    opened = opened_by(dict.fromkeys(range(1_000, 1_200), 1))
    monkeypatch.setattr(fragment_pause.hub, "pages", opened)

    assert 'data-fragment-pause="10000"' in member.get("/").content.decode()
    assert member.get("/", headers=HTMX)["X-Fragment-Pause"] == "10000"
    assert member.get("/", headers=HTMX)["X-Fragment-Age"].isdigit()
    for address in ("", "figure.json"):
        answer = member.get(f"/sessions/{session.pk}/{address}")
        assert answer["X-Fragment-Pause"] == "50000"


def test_the_bench_knows_the_same_bound_and_pause():
    assert bench_browsers.ASKS_PER_SECOND == fragment_pause.ASKS_PER_SECOND
    assert open_pages.SHORTEST * 1_000 == fragment_pause.SHORTEST_MS
