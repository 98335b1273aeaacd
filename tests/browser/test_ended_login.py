"""A page stays open while its login ends."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser
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
