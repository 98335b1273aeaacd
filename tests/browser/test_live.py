"""What a POST does to open pages, in a real Chromium."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Visitor

pytestmark = pytest.mark.browser

SEEN = """
([key, level, alarms]) => {
  const row = [...document.querySelectorAll("#session-list tr[data-session]")]
    .find((row) => row.querySelector(".sess").textContent === key);
  const line = [...document.querySelectorAll("[data-stream-lines] li")]
    .find((line) => line.querySelector("bdi")?.textContent === key);
  return row?.dataset.level === level && line?.dataset.level === level
    && document.querySelector("[data-count=alarms]").textContent === alarms;
}
"""


def test_a_post_is_seen(fresh_server, visit):
    """Gauge, level, event line and count; `make bench` measures how soon."""
    fresh_server.report("chat-42", 1_000)
    page = visit(fresh_server).open_live("/")

    for used, level, alarms in ((190_000, "critical", "1"), (9_000, "ok", "0")):
        fresh_server.report("chat-42", used)
        page.wait_for_function(SEEN, arg=["chat-42", level, alarms])


def test_the_gauge_moves_to_what_was_reported(fresh_server, visit):
    fresh_server.report("chat-42", 98_000)
    page = visit(fresh_server).open_live("/")

    fresh_server.report("chat-42", 196_000 // 4)

    fill = page.locator("#session-list .g-fill")
    page.wait_for_function(
        "() => document.querySelector('.g-fill').getAttribute('width').startsWith('22')"
    )
    share = float(page.locator("[data-gauge]").get_attribute("data-share"))
    width = fill.get_attribute("width").removesuffix("%")
    assert float(width) == pytest.approx(share / 4)
    assert page.inner_text("[data-show=used_percent]") == "25.0"
    assert page.inner_text("[data-show=used_tokens]") == "49,000"


def test_the_first_report_turns_the_first_page_into_the_overview(fresh_server, visit):
    page = visit(fresh_server).open_live("/")
    assert page.inner_text("h1") == "Send one report and watch the gauge move"

    fresh_server.report("hello", 163_072)

    page.wait_for_selector("#session-list :text('hello')")
    assert page.inner_text("h1") == "Nothing needs you now · 1 active session"


def test_a_new_session_joins_the_list_and_the_title_counts_alarms(fresh_server, visit):
    fresh_server.report("a", 1_000)
    page = visit(fresh_server).open_live("/")

    fresh_server.report("newcomer", 199_000)

    page.wait_for_selector("#session-list :text('newcomer')")
    page.wait_for_selector("h1:has-text('1 of 2 active sessions needs you')")
    assert page.title().startswith("(1) ")
    icon = page.get_attribute("[data-favicon]", "href")
    assert icon.endswith("?alarms=1")


def test_a_sessions_page_moves_its_title_and_icon_with_the_gauge(fresh_server, visit):
    fresh_server.report("mine", 98_000)
    fresh_server.report("other", 1_000)
    visitor = visit(fresh_server)
    visitor.open("/?q=mine").click("#session-list .sess")
    page = visitor.page
    page.wait_for_selector("[data-live-status]:has-text('Live')")
    assert page.title() == "50.0 % · mine · Token Budget"

    fresh_server.report("other", 199_000)
    fresh_server.report("mine", 190_000)

    page.wait_for_function("() => document.title.startsWith('96.9')")
    assert page.title() == "96.9 % · mine · Token Budget"
    icon = page.get_attribute("[data-favicon]", "href")
    assert icon == "/favicon.svg?used=95&level=critical"


def test_rows_hold_still_under_the_pointer(fresh_server, visit):
    fresh_server.report("first", 100_000)
    fresh_server.report("second", 50_000)
    page = visit(fresh_server).open_live("/")
    names = "#session-list .sess"
    page.hover(f"{names} >> nth=1")

    fresh_server.report("second", 150_000)
    page.wait_for_selector("#session-list tr:has-text('second'):has-text('150,000')")
    page.wait_for_timeout(2_600)
    assert page.locator(names).all_inner_texts() == ["first", "second"]

    page.hover("h1")
    page.wait_for_function(
        "() => document.querySelector('#session-list .sess').textContent === 'second'"
    )


def test_a_session_page_follows_its_reports(fresh_server, visit):
    answer = fresh_server.report("a", 1_000, model="my-model")
    assert answer["budget"]["level"] == "ok"
    visitor = visit(fresh_server)
    page = visitor.open_live("/sessions/1/")

    fresh_server.report("a", 170_000, model="my-model")

    page.wait_for_selector("#budget-now[data-level=compress]")
    assert page.inner_text("h1 + .level") == "Compress"
    page.wait_for_selector("#sample-table :text('170,000')")
    page.wait_for_selector("#session-facts :text('Compress')")
    assert visitor.refused() == []


def test_a_compression_puts_its_card_on_the_open_page(fresh_server, visit):
    fresh_server.report("a", 170_000)
    page = visit(fresh_server).open_live("/sessions/1/")
    body = {"before_tokens": 170_000, "after_tokens": 60_000, "summary": "<i>Short</i>"}

    fresh_server.post("/sessions/a/compressions", body)

    card = page.wait_for_selector(".cut")
    assert "170,000 → 60,000" in card.inner_text()


def test_a_lost_connection_says_so_comes_back_and_misses_nothing(fresh_server, visit):
    fresh_server.report("a", 1_000)
    page = visit(fresh_server).open_live("/")

    fresh_server.end()
    page.wait_for_selector("[data-live-status]:has-text('Reconnecting')")
    fresh_server.start()
    fresh_server.report("a", 160_000)
    fresh_server.report("a", 190_000)

    page.wait_for_selector("[data-live-status]:has-text('Live')")
    page.wait_for_selector("[data-stream-lines] li[data-level=critical]")
    lines = page.locator("[data-stream-lines] li").all()
    assert [line.get_attribute("data-level") for line in lines] == [
        "critical",
        "warning",
    ]


def test_who_has_logged_out_is_told_and_asks_no_more_until_a_new_login(
    fresh_server, visit
):
    page = visit(fresh_server).open_live("/")
    other = page.context.new_page()
    other.goto(f"{fresh_server.address}/")
    other.evaluate("document.querySelector('form[action*=logout]').submit()")
    page.wait_for_selector("[data-live-status]:has-text('Logged out: reload')")
    opened = []
    page.on("websocket", lambda socket: opened.append(socket.url))

    page.evaluate("dispatchEvent(new Event('focus'))")
    page.wait_for_timeout(2_500)
    assert len(opened) == 1
    assert page.inner_text("[data-live-status]") == "Logged out: reload"

    Visitor(page.context, fresh_server).log_in()
    page.evaluate("dispatchEvent(new Event('focus'))")
    page.wait_for_selector("[data-live-status]:has-text('Live')")


def test_a_page_whose_session_is_gone_says_so_and_asks_no_more(server, visit):
    visitor = visit(server)
    page, opened = visitor.page, []

    def of_a_deleted_session(route):
        script = route.fetch().text()
        gone = '{ ...document.body.dataset, liveUrl: "/ws/sessions/999999/" }'
        assert " = document.body.dataset;" in script
        body = script.replace("document.body.dataset", gone)
        route.fulfill(body=body, content_type="text/javascript")

    page.route("**/live/socket*.js", of_a_deleted_session)
    page.on("websocket", lambda socket: opened.append(socket.url))
    visitor.open("/policies/")

    page.wait_for_selector("[data-live-status]:has-text('Deleted: reload')")
    page.wait_for_timeout(2_500)
    assert sum("999999" in url for url in opened) == 1


def test_a_paused_stream_waits_and_then_shows_all(fresh_server, visit):
    fresh_server.report("a", 1_000)
    page = visit(fresh_server).open_live("/")

    page.keyboard.press("p")
    fresh_server.report("a", 160_000)
    page.wait_for_selector("[data-stream-waiting]:has-text('1 waiting')")
    assert page.locator("[data-stream-lines] li").count() == 0

    page.keyboard.press("p")
    page.wait_for_selector("[data-stream-lines] li[data-level=warning]")
