"""The overview keeps telling the truth while reports arrive, in a real Chromium."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

pytestmark = pytest.mark.browser


def ago(hours: float) -> str:
    return (datetime.now(UTC) - timedelta(hours=hours)).isoformat()


def test_an_idle_session_rises_into_the_list_when_it_reports(fresh_server, visit):
    fresh_server.report("old", 199_000, at=ago(3))
    fresh_server.report("new", 1_000)
    visitor = visit(fresh_server)
    page = visitor.open_live("/")

    assert page.title().startswith("Overview")
    assert page.inner_text("h1") == "Nothing needs you now · 1 active session"
    assert page.locator("#idle-sessions .sess").all_inner_texts() == ["old"]

    fresh_server.report("old", 200_000)

    page.wait_for_selector("#session-list tr:first-child[data-level=exceeded]")
    page.wait_for_selector("h1:has-text('1 of 2 active sessions needs you')")
    page.wait_for_function("() => document.title.startsWith('(1) ')")
    assert page.locator("#session-list .sess").all_inner_texts() == ["old", "new"]
    page.wait_for_selector("#idle-sessions", state="hidden")
    assert visitor.refused() == []


def test_more_messages_than_allowed_are_shown_as_they_come(fresh_server, visit):
    fresh_server.report("chat", 1_000, message_count=3)
    page = visit(fresh_server).open_live("/")
    row = page.locator("#session-list tr[data-session]")
    assert row.locator("[data-due]").is_hidden()

    fresh_server.report("chat", 2_000, message_count=52)

    page.wait_for_selector("[data-due]:has-text('52 messages: compression is due')")
    assert row.locator(".w-level use").get_attribute("href") == "#lv-compress"

    fresh_server.report("chat", 3_000, message_count=4)

    page.wait_for_selector("[data-due]", state="hidden")
    assert row.locator(".w-level use").get_attribute("href") == "#lv-ok"


def test_a_gauge_grows_over_its_end_and_shows_it(fresh_server, visit):
    fresh_server.report("chat", 190_000)
    page = visit(fresh_server).open_live("/")
    assert page.locator("#session-list .g-wall.is-quiet").count() == 1

    fresh_server.report("chat", 400_000)

    page.wait_for_selector("#session-list .gauge.is-broken")
    assert page.locator("#session-list .g-wall.is-quiet").count() == 0


def test_a_closed_fold_stays_closed_when_the_list_is_fetched_again(fresh_server, visit):
    fresh_server.report("old", 1_000, at=ago(3))
    fresh_server.report("a", 1_000)
    page = visit(fresh_server).open_live("/")
    page.click("#idle-sessions summary")

    fresh_server.report("b", 2_000)

    page.wait_for_selector("#session-list :text('b')")
    assert page.locator("#idle-sessions details").get_attribute("open") is None
