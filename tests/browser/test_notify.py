"""This browser tells of sessions that rise, once it was asked to (Chromium)."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

# Instead of the system's: what was shown is noted.
STAND_IN = """
window.shown = [];
window.Notification = class extends EventTarget {
  static permission = "granted";
  static requestPermission = async () => "granted";
  constructor(title, options) { super(); window.shown.push([title, options.tag]); }
  close() {}
};
"""


def test_it_tells_what_rises_to_the_chosen_level_and_nothing_else(fresh_server, visit):
    fresh_server.report("chat", 1_000)
    visitor = visit(fresh_server)
    visitor.page.add_init_script(STAND_IN)
    page = visitor.open_live("/alerts/")

    page.click("[data-notify-on]")
    page.wait_for_selector("[data-notify-test]:visible")
    fresh_server.report("chat", 170_000)
    fresh_server.report("chat", 190_000)

    page.wait_for_function("() => window.shown.length === 1")
    [[title, _]] = page.evaluate("window.shown")
    assert title == "Critical: chat"
    page.click("[data-notify-off]")
    page.wait_for_selector("[data-notify-on]:visible")
    assert visitor.refused() == []
