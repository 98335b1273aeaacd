"""What an open page says of its connection, in a real Chromium."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

NOTE = """
() => {
  window.spoken = [];
  window.tries = 0;
  document.addEventListener("live-status", () => (window.tries += 1));
  const aloud = document.querySelector("[data-announce]");
  new MutationObserver(() => window.spoken.push(aloud.textContent))
    .observe(aloud, { childList: true });
}
"""
LOST = "Connection lost. Reconnecting automatically."


def test_a_lost_connection_is_told_once_with_the_time_it_was_lost(fresh_server, visit):
    fresh_server.report("chat-42", 1_000)
    page = visit(fresh_server).open_live("/")
    page.evaluate(NOTE)
    sign = page.locator("[data-live-status]")

    fresh_server.end()
    page.wait_for_function("() => window.tries > 0")
    first = sign.get_attribute("title")
    page.wait_for_function("() => window.tries > 2")

    assert sign.get_attribute("title") == first
    fresh_server.start()
    page.wait_for_selector("[data-live-status]:has-text('Live')")
    assert page.evaluate("window.spoken") == [LOST, "Live again"]
    assert sign.get_attribute("role") is None  # the countdown is not read aloud
