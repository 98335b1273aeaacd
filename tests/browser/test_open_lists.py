"""What happens meanwhile reaches open lists, and what is gone leaves them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.asks import Asks

pytestmark = pytest.mark.browser
SOCKET_ON_DEMAND = """
window.WebSocket = new Proxy(WebSocket, { construct: (Real, given) =>
  window.isOnline ? new Real(...given)
    : Object.assign(new EventTarget(), { readyState: Real.CLOSED }) });
"""
DELETE = """
import django; django.setup()
from tracker.upkeep.deleting import delete_session
from tracker.models import LLMSession
delete_session(LLMSession.objects.get(key="gone"))
"""


def request(server: Any, tokens: int) -> None:
    usage = {"input_tokens": tokens, "output_tokens": 5}
    body = {"session": "two kinds", "model": "my-model", "usage": usage}
    server.post("/usage", body)


def test_a_compression_that_was_none_leaves_the_open_inbox(fresh_server, visit):
    """A suspected one: the next request is as large as the one before the drop."""
    request(fresh_server, 150_000)
    request(fresh_server, 20_000)
    page = visit(fresh_server).open_live("/compressions/?review=numbers")
    assert page.locator("#compression-table :text('two kinds')").count() == 1

    request(fresh_server, 151_000)

    page.wait_for_selector("#compression-table h2:text('No compressions here')")
    assert page.locator("[data-pending]").is_hidden()


def test_what_left_the_inbox_before_its_socket_was_open_leaves_the_page(
    fresh_server, visit
):
    request(fresh_server, 150_000)
    request(fresh_server, 20_000)
    visitor = visit(fresh_server)
    visitor.page.add_init_script(SOCKET_ON_DEMAND)
    page = visitor.open("/compressions/?review=numbers")
    assert page.locator("#compression-table :text('two kinds')").count() == 1

    request(fresh_server, 151_000)
    page.evaluate("window.isOnline = true; dispatchEvent(new Event('focus'))")

    page.wait_for_selector("#compression-table h2:text('No compressions here')")


def test_news_wait_for_a_selection_in_the_inbox_and_come_when_it_is_cleared(
    fresh_server, visit
):
    def compress(session: str) -> None:
        said = [{"role": "user", "content": "The gate is open."}]
        body = {"before": said * 3, "after": said}
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
