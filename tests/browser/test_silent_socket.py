"""A socket that only looks alive, in a real Chromium behind a silent proxy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import Server
from tests.loopback_proxy import LoopbackProxy

pytestmark = pytest.mark.browser
NOTE_STATES = """
() => {
  window.states = [];
  document.addEventListener(
    "live-status", ({ detail }) => window.states.push(detail.state));
}
"""


def started(folder: Path, prepared: Path, ping_seconds: int) -> Server:
    running = Server(
        folder, like=prepared, TOKEN_BUDGET_LIVE_PING_SECONDS=str(ping_seconds)
    )
    running.start()
    running.report("chat-42", 100_000)
    return running


@pytest.fixture
def quick(prepared: Path, tmp_path: Path) -> Iterator[Server]:
    """Its pages ask after a second of silence."""
    running = started(tmp_path, prepared, 1)
    yield running
    running.end()


@pytest.fixture
def patient(prepared: Path, tmp_path: Path) -> Iterator[Server]:
    """Its pages ask after an hour: only the focus is quicker."""
    running = started(tmp_path, prepared, 3_600)
    yield running
    running.end()


def test_a_silent_connection_is_replaced_and_nothing_is_missed(quick, visit):
    with LoopbackProxy(quick.port).running() as proxy:
        page = visit(proxy).open_live("/")
        page.evaluate(NOTE_STATES)
        assert proxy.silence() == 1

        quick.report("chat-42", 170_000)

        page.wait_for_function("() => window.states.join() === 'lost,live'")
        page.wait_for_selector(".stream [data-key^=event] :text('chat-42')")
        page.wait_for_selector("#session-list [data-level=compress] :text('chat-42')")


def test_a_quiet_connection_that_answers_is_kept(quick, visit):
    page = visit(quick).open_live("/")
    with page.expect_websocket() as opened:
        page.reload()
    page.wait_for_selector("[data-live-status]:has-text('Live')")
    page.evaluate(NOTE_STATES)

    for _ in range(2):
        opened.value.wait_for_event(
            "framereceived", predicate=lambda text: text == '{"type":"pong"}'
        )

    assert page.evaluate("window.states") == []
    assert not opened.value.is_closed()


def test_the_focus_asks_at_once(patient, visit):
    with LoopbackProxy(patient.port).running() as proxy:
        page = visit(proxy).open_live("/")
        page.evaluate(NOTE_STATES)
        proxy.silence()

        page.evaluate("dispatchEvent(new Event('focus'))")

        page.wait_for_function("() => window.states.join() === 'lost,live'")
