"""Ctrl-K finds a session and opens it, without a mouse (Chromium)."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


def test_a_session_is_found_and_opened_by_keys_alone(fresh_server, visit):
    fresh_server.report("refund-1", 1_000, title="Refund bot")
    visitor = visit(fresh_server)
    page = visitor.open_live("/")

    page.keyboard.press("Control+k")
    page.wait_for_selector("#palette [role=option]:has-text('Policies')")
    page.keyboard.type("refund")
    page.wait_for_selector("#palette [role=option]:has-text('Refund bot')")
    page.keyboard.press("Enter")

    page.wait_for_selector("h1:has-text('Refund bot')")
    assert visitor.refused() == []
