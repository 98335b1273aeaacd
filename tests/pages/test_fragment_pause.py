"""How long open pages pause, so that all together ask a bounded number of times."""

from __future__ import annotations

import pytest

from tests.bench import bench_browsers, open_pages
from tracker.pages import fragment_pause
from tracker.pages.fragment_pause import pause_ms

HTMX = {"HX-Request": "true"}


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


def test_pages_and_fragments_say_the_pause(member, make_session, monkeypatch):
    session = make_session("a")
    monkeypatch.setattr(fragment_pause.hub, "_subscribers", set(range(200)))

    assert 'data-fragment-pause="10000"' in member.get("/").content.decode()
    assert member.get("/", headers=HTMX)["X-Fragment-Pause"] == "10000"
    assert member.get("/", headers=HTMX)["X-Fragment-Age"].isdigit()
    for address in ("", "figure.json"):
        answer = member.get(f"/sessions/{session.pk}/{address}")
        assert answer["X-Fragment-Pause"] == "40000"


def test_the_bench_knows_the_same_bound_and_pause():
    assert bench_browsers.ASKS_PER_SECOND == fragment_pause.ASKS_PER_SECOND
    assert open_pages.SHORTEST * 1_000 == fragment_pause.SHORTEST_MS
