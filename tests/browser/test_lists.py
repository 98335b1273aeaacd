"""What a list shows stays true while it is open, in a real Chromium."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

pytestmark = pytest.mark.browser

ROWS = 50
ORDER = """
() => [...document.querySelectorAll("#session-list .sess")].map((a) => a.textContent)
"""
# As the server's snapshot tells of it: nothing is new.
REPEAT = """
() => {
  const row = document.querySelector("#idle-sessions tr[data-session]");
  const time = row.querySelector("[data-show=last_at] time");
  const budget = { level: "ok", used_ratio: 0.1, used_percent: "10.0 %",
    available_tokens: Number(row.dataset.available), policy: row.dataset.policy,
    reasons: [] };
  const detail = { pk: Number(row.dataset.session), last_at: time.dateTime, budget };
  document.dispatchEvent(new CustomEvent("budget-updated", { detail }));
  return time.textContent;
}
"""


def test_a_session_of_before_is_not_seen_now(fresh_server, visit):
    long_ago = datetime.now(UTC) - timedelta(hours=3, minutes=1)
    fresh_server.report("silent", 20_000, at=long_ago.isoformat())
    page = visit(fresh_server).open_live("/")

    assert page.evaluate(REPEAT) == "3\u00a0h"


@pytest.mark.parametrize("path", ["/", "/sessions/"])
def test_who_leaves_the_level_leaves_the_list(fresh_server, visit, path):
    fresh_server.report("rising", 160_000)
    page = visit(fresh_server).open_live(f"{path}?level=warning")
    assert page.locator("tr[data-session]").count() == 1

    fresh_server.report("rising", 170_000)

    page.wait_for_selector("tr[data-session]", state="detached")


def test_who_falls_below_a_full_list_leaves_it(fresh_server, visit):
    samples = [
        {"session": f"s{number}", "tokens": {"history": 100_000 + number}}
        for number in range(ROWS)
    ]
    fresh_server.post("/usage", samples)
    page = visit(fresh_server).open_live("/")
    assert page.evaluate(ORDER)[0] == f"s{ROWS - 1}"
    page.mouse.move(0, 0)

    fresh_server.report(f"s{ROWS - 1}", 2_000)

    page.wait_for_function(
        f"""() => ({ORDER})().at(-1) === "s{ROWS - 1}" """, timeout=5_000
    )


def test_a_moment_of_another_year_says_which(fresh_server, visit):
    at = datetime(2025, 6, 8, 10, 47, 11, tzinfo=UTC).isoformat()
    fresh_server.report("old", 170_000, at=at)
    page = visit(fresh_server).open_live("/events/")

    page.wait_for_selector("time[data-for]:has-text('Jun 8, 2025, 10:47:11')")
