"""When an open page asks for its fragments again, in a real Chromium."""

from __future__ import annotations

import time
from typing import Any

import pytest

pytestmark = pytest.mark.browser
HIDE = "Object.defineProperty(document, 'hidden', { get: () => window.isAway })"
SOCKET_ON_DEMAND = """
window.WebSocket = new Proxy(WebSocket, { construct: (Real, given) =>
  window.isOnline ? new Real(...given)
    : Object.assign(new EventTarget(), { readyState: Real.CLOSED }) });
"""


class Asks:
    """The fragments and figures a page asks for; `headers` replace the answers'."""

    def __init__(self, page: Any, *, status: int = 0, **headers: str) -> None:
        self.times: list[float] = []
        self.paths: list[str] = []
        self.status = status
        self._page = page
        self._headers = {k.replace("_", "-"): v for k, v in headers.items()}
        page.route("**/*", self._answer)

    def _answer(self, route: Any) -> None:
        request = route.request
        is_fragment = "hx-request" in request.headers or "figure.json" in request.url
        if not is_fragment:
            route.continue_()
            return
        self.times.append(time.monotonic())
        self.paths.append(request.url)
        if self.status:
            route.fulfill(status=self.status, body="busy")
            return
        answer = route.fetch()
        route.fulfill(response=answer, headers=answer.headers | self._headers)

    def wait_for(self, count: int, *, seconds: float = 10) -> None:
        until = time.monotonic() + seconds
        while len(self.times) < count:
            assert time.monotonic() < until, self.times
            self._page.wait_for_timeout(50)


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

    start = time.monotonic()
    while time.monotonic() - start < 8:
        outdate()
        page.wait_for_timeout(250)

    assert 2 <= len(asks.times) <= 3
    assert asks.times[0] - start < 2
    assert asks.times[1] - asks.times[0] >= 5


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


def test_a_server_in_trouble_is_asked_ever_more_seldom_and_then_again(overview):
    page, outdate = overview
    asks = Asks(page, status=503)

    outdate()
    asks.wait_for(2, seconds=8)
    assert asks.times[1] - asks.times[0] >= 4
    asks.status = 0

    page.wait_for_selector("#session-list :text('newcomer')", timeout=15_000)
    assert asks.times[2] - asks.times[1] >= 8


def test_a_compression_that_was_none_leaves_the_open_inbox(fresh_server, visit):
    """A suspected one: the next request is as large as the one before the drop."""

    def request(tokens: int) -> None:
        usage = {"input_tokens": tokens, "output_tokens": 5}
        body = {"session": "two kinds", "model": "my-model", "usage": usage}
        fresh_server.post("/usage", body)

    request(150_000)
    request(20_000)
    page = visit(fresh_server).open_live("/compressions/")
    assert page.locator("#compression-table :text('two kinds')").count() == 1

    request(151_000)

    page.wait_for_selector("#compression-table :text('Nothing waits for you')")
    assert page.locator("[data-pending]").is_hidden()


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


def test_news_wait_for_a_selection_in_the_inbox_and_come_when_it_is_cleared(
    fresh_server, visit
):
    def compress(session: str) -> None:
        body = {"before_tokens": 100_000, "after_tokens": 9_000, "summary": "short"}
        fresh_server.post(f"/sessions/{session}/compressions", body)

    for session in ("one", "two"):
        fresh_server.report(session, 100_000)
    compress("one")
    page = visit(fresh_server).open_live("/compressions/")
    page.wait_for_timeout(1_000)
    page.evaluate("document.querySelector('[name=ids]').checked = true")

    compress("two")
    page.wait_for_selector("[data-pending]:has-text('2')")
    page.wait_for_timeout(2_500)
    assert page.locator("#compression-table :text('two')").count() == 0

    page.evaluate("document.querySelector('[data-inbox]').reset()")
    page.wait_for_selector("#compression-table :text('two')")


def test_what_left_the_inbox_before_its_socket_was_open_leaves_the_page(
    fresh_server, visit
):
    def request(tokens: int) -> None:
        usage = {"input_tokens": tokens, "output_tokens": 5}
        body = {"session": "two kinds", "model": "my-model", "usage": usage}
        fresh_server.post("/usage", body)

    request(150_000)
    request(20_000)
    visitor = visit(fresh_server)
    visitor.page.add_init_script(SOCKET_ON_DEMAND)
    page = visitor.open("/compressions/")
    assert page.locator("#compression-table :text('two kinds')").count() == 1

    request(151_000)
    page.evaluate("window.isOnline = true; dispatchEvent(new Event('focus'))")

    page.wait_for_selector("#compression-table :text('Nothing waits for you')")


def test_a_filters_list_that_was_read_for_another_page_is_asked_for_again(overview):
    page, _ = overview
    page.wait_for_timeout(3_000)  # what the greeting has asked for
    asks = Asks(page, x_fragment_age="600")

    page.fill("[name=q]", "first")
    asks.wait_for(2)

    assert all("q=first" in path for path in asks.paths)


def test_who_reports_comes_to_the_top_of_the_last_active(fresh_server, visit):
    for session in ("early", "late"):
        fresh_server.report(session, 10_000)
    page = visit(fresh_server).open_live("/sessions/")
    page.mouse.move(0, 0)  # not on the list: it holds still there
    assert page.locator("tbody tr .sess").all_inner_texts() == ["late", "early"]
    asks = Asks(page)
    page.wait_for_timeout(2_000)
    assert asks.paths == []  # the greeting moves nothing

    fresh_server.report("early", 11_000)

    page.wait_for_selector("tbody tr:first-child .sess :text('early')")


DRAW_ANEW = "document.dispatchEvent(new CustomEvent('theme-changed'))"


@pytest.mark.parametrize(
    "path", ["/", "/sessions/1/", "/fleet/", "/compressions/retention/"]
)
def test_an_ended_login_leads_to_the_login_and_back(fresh_server, visit, path):
    """By a fragment from the overview, by its figure from each other page."""
    fresh_server.report("a", 1_000)
    messages = [{"role": "user", "content": f"See /srv/app{n}.py"} for n in range(9)]
    fresh_server.post(
        "/sessions/a/compressions", {"before": messages, "after": messages[:2]}
    )
    visitor = visit(fresh_server)
    page = visitor.open_live(path)
    if path != "/":
        page.wait_for_selector(".main-svg", state="attached")
    page.wait_for_timeout(1_000)  # what the greeting has asked for
    page.context.clear_cookies()

    if path == "/":
        fresh_server.report("b", 2_000)
    else:
        page.evaluate(DRAW_ANEW)
    page.wait_for_url(f"**/login/?next={path}")
    page.fill("[name=username]", "admin")
    page.fill("[name=password]", "a long password")
    page.click("button.primary")

    page.wait_for_url(fresh_server.address + path)
    assert visitor.complaints == []


DELETE = """
import django; django.setup()
from tracker.ingest.deleting import delete_session
from tracker.models import LLMSession
delete_session(LLMSession.objects.get(key="gone"))
"""


@pytest.mark.parametrize(
    ("path", "list_id"), [("/", "session-list"), ("/sessions/", "sessions-table")]
)
def test_a_session_that_is_deleted_leaves_open_lists(
    fresh_server, visit, path, list_id
):
    """In another process, as `manage.py prune` deletes."""
    for session in ("gone", "kept"):
        fresh_server.report(session, 10_000)
    page = visit(fresh_server).open_live(path)
    page.mouse.move(0, 0)  # not on the list: it holds still there
    page.wait_for_timeout(3_000)  # what the greeting has asked for
    assert page.locator(f"#{list_id} :text('gone')").count() > 0

    fresh_server.python("-c", DELETE)

    page.wait_for_selector(f"#{list_id} :text('gone')", state="detached")
    assert page.locator(f"#{list_id} :text('kept')").count() > 0
