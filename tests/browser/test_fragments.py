"""When an open page asks for its fragments again, in a real Chromium."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.browser.asks import Asks

pytestmark = pytest.mark.browser
HIDE = "Object.defineProperty(document, 'hidden', { get: () => window.isAway })"


@pytest.fixture
def overview(fresh_server, visit):
    """An open overview, and a function that makes its list outdated."""
    fresh_server.report("first", 1_000)
    page = visit(fresh_server).open_live("/")
    names = iter(range(1_000))
    return page, lambda: fresh_server.report(f"newcomer {next(names)}", 2_000)


def test_the_pause_is_as_long_as_the_server_says(overview):
    page, outdate = overview
    asks = Asks(page, x_fragment_pause="5000")

    until = time.monotonic() + 60
    while len(asks.times) < 2 and time.monotonic() < until:
        outdate()
        page.wait_for_timeout(250)

    # What this test sees may come to it a little late.
    assert asks.times[1] - asks.times[0] > 2


def test_one_after_the_other_however_slow_the_server_is(overview):
    page, outdate = overview
    under_way = []

    def answer_late(route: Any) -> None:
        under_way.append(route)

    page.route(lambda url: url.endswith(":" + page.url.split(":")[-1]), answer_late)
    start = time.monotonic()
    while time.monotonic() - start < 5:
        outdate()
        page.wait_for_timeout(250)

    assert len(under_way) == 1
    under_way[0].continue_()
    page.wait_for_selector("#session-list :text('newcomer')")


def test_a_fragment_read_before_the_last_news_is_asked_for_again(overview):
    page, outdate = overview
    asks = Asks(page, x_fragment_age="600")

    outdate()
    asks.wait_for(2)

    assert asks.times[1] - asks.times[0] >= 2
    page.wait_for_timeout(3_000)
    assert len(asks.times) == 2  # by then it holds the last news


def test_a_filters_list_that_was_read_for_another_page_is_asked_for_again(overview):
    page, _ = overview
    page.wait_for_timeout(3_000)  # what the greeting has asked for
    asks = Asks(page, x_fragment_age="600")

    page.fill("[name=q]", "first")
    asks.wait_for(2)

    assert all("q=first" in path for path in asks.paths)


def test_a_server_in_trouble_is_asked_ever_more_seldom_and_then_again(overview):
    page, outdate = overview
    asks = Asks(page, status=503)

    outdate()
    asks.wait_for(2)
    assert asks.times[1] - asks.times[0] >= 4
    asks.status = 0

    page.wait_for_selector("#session-list :text('newcomer')")
    assert asks.times[2] - asks.times[1] >= 8


def test_a_tab_nobody_sees_asks_for_nothing_until_it_is_seen(fresh_server, visit):
    fresh_server.report("a", 1_000)
    page = visit(fresh_server).open_live("/sessions/1/")
    page.wait_for_selector("#session-chart .main-svg", state="attached")
    page.wait_for_timeout(3_000)  # what the greeting has asked for
    page.evaluate(f"window.isAway = true; {HIDE}")
    asks = Asks(page)

    fresh_server.report("a", 170_000)
    page.wait_for_selector("#budget-now[data-level=compress]")
    page.wait_for_timeout(3_000)
    assert asks.paths == []

    page.evaluate("window.isAway = false")
    asks.wait_for(4)
    assert sum("figure.json" in path for path in asks.paths) == 1
    page.wait_for_selector("#sample-table :text('170,000')")
