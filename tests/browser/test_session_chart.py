"""The chart of a session, in a real Chromium."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

pytestmark = pytest.mark.browser

BEGINS = """
() => document.getElementById("session-chart").data[0].x[0].toString()
  .startsWith("2026-03-01T14:30")
"""
ZOOM = """
() => Plotly.relayout("session-chart",
  { "xaxis.range[0]": "2026-03-01 14:00:00", "xaxis.range[1]": "2026-03-01 18:00" })
"""


def test_its_times_are_the_readers_and_its_address_is_utc(fresh_server, visit):
    for hour in (9, 10):
        at = datetime(2026, 3, 1, hour, tzinfo=UTC).isoformat()
        fresh_server.report("chat", hour * 1_000, at=at)
    page = visit(fresh_server, timezone_id="Asia/Kolkata").open_live("/sessions/")
    page.click("tr[data-session] .sess")
    page.wait_for_selector("#session-chart .main-svg", state="attached")

    page.click("text=Time")

    page.wait_for_function(BEGINS)
    page.evaluate(ZOOM)
    assert "from=2026-03-01T08%3A30%3A00.000Z" in page.url
    page.reload()
    page.wait_for_selector("#session-chart .main-svg", state="attached")
    shown = page.evaluate("document.getElementById('session-chart').layout.xaxis.range")
    assert [str(end)[:16] for end in shown] == ["2026-03-01T14:00", "2026-03-01T18:00"]
