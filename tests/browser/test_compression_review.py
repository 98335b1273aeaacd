"""Reviewing compressions in the browser: keys, folds, links, dry run, bulk accept."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser


def conversation(count: int) -> list[dict[str, str]]:
    return [
        {
            "role": ("user", "assistant")[n % 2],
            "content": f"Step {n}: src/part_{n}.py answers on port {8000 + n}. "
            + "Some words that nobody needs again. " * 12,
        }
        for n in range(count)
    ]


@pytest.fixture(scope="module")
def reviewed(server):
    """400 messages a client cut to a poor summary, and three good compressions."""
    before = conversation(400)
    after = [
        before[0],
        {"role": "user", "content": "Summary\n- Step 7: src/part_7.py\n- Step 200"},
        *before[-2:],
    ]
    body = {"before": before, "after": after, "trigger": "auto"}
    done = server.post("/sessions/poor-client/compressions", body)
    for n in range(3):
        short = conversation(30)
        body = {"messages": short, "force": True}
        made = server.post(f"/sessions/good-{n}/optimize", body)
        assert made["compression"], made["skipped"]
    server.poor = done["compression"]["id"]
    return server


def test_400_messages_open_folded(reviewed, visit):
    visitor = visit(reviewed)
    page = visitor.open(f"/compressions/{reviewed.poor}/")

    assert page.locator("article.msg").count() < 30
    assert page.locator(".fold").count() >= 1
    page.locator(".fold").last.click()
    page.wait_for_function("() => document.querySelectorAll('article.msg').length > 30")
    assert visitor.refused() == []


def test_a_line_leads_to_its_message_and_back(reviewed, visit):
    visitor = visit(reviewed)
    page = visitor.open(f"/compressions/{reviewed.poor}/")
    link = page.locator(".sum a[data-message='201']").first
    assert page.locator("#m201").count() == 0

    link.click()
    page.wait_for_selector("#m201.is-linked")
    page.locator("#m201 [data-line]").first.click()

    page.wait_for_selector(".sum li.is-linked")
    assert visitor.refused() == []


def test_keys_walk_messages_and_open_the_note(reviewed, visit):
    page = visit(reviewed).open(f"/compressions/{reviewed.poor}/")

    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.matches('main [data-row-link]')")
    page.keyboard.press("f")
    page.wait_for_function("() => document.activeElement.id === 'note'")
    page.keyboard.type("aj lost the ports")
    assert page.input_value("#note") == "aj lost the ports"
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    assert not page.locator("#note").is_visible()


def test_a_dry_run_is_shown_beside_it(reviewed, visit):
    visitor = visit(reviewed)
    page = visitor.open(f"/compressions/{reviewed.poor}/")

    page.keyboard.press("r")
    page.click("text=Run and compare")
    page.wait_for_selector("#dry-run h2:has-text('Dry run')")

    assert "Facts lost" in page.inner_text("#dry-run")
    assert visitor.refused() == []


def test_unified_view_lives_in_the_address(reviewed, visit):
    page = visit(reviewed).open(f"/compressions/{reviewed.poor}/")

    page.click("text=Unified")

    assert "view=unified" in page.url
    page.reload()
    assert page.locator(".diff.unified").count() > 0


def test_selected_ones_are_accepted_with_keys_and_the_badge_follows(reviewed, visit):
    visitor = visit(reviewed)
    page = visitor.open("/compressions/?q=good-&sort=session")
    badge = int(page.inner_text("[data-pending]").split()[0])

    for key in ("j", "x", "j", "x", "a"):
        page.keyboard.press(key)

    page.wait_for_selector("text=Accepted 2 compressions.")
    rows = page.locator("#compression-table .sess-link").all_inner_texts()
    assert rows == ["good-2"]
    assert int(page.inner_text("[data-pending]").split()[0]) == badge - 2
    assert visitor.refused() == []


def test_accepting_shows_the_next_one(reviewed, visit):
    page = visit(reviewed).open(f"/compressions/{reviewed.poor}/")
    url = page.url

    page.keyboard.press("f")
    page.fill("#note", "lost everything")
    page.click("form.popover button:has-text('Flag')")

    page.wait_for_selector("text=Flagged: poor-client")
    assert page.url != url
    page.goto(url)
    assert "lost everything" in page.inner_text(".reviewed")
    page.click("text=Back to pending")
    page.wait_for_selector("button:has-text('Accept')")


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("width", [1440, 390])
def test_review_pages_fit_and_axe_finds_nothing_serious(reviewed, visit, theme, width):
    visitor = visit(reviewed, width=width, color_scheme=theme)
    serious = []
    for path in (
        "/compressions/",
        f"/compressions/{reviewed.poor}/",
        f"/compressions/{reviewed.poor}/?view=unified&show=all",
        f"/compressions/{reviewed.poor}/messages/?from=2&to=9",
        "/compressions/retention/?period=all",
    ):
        page = visitor.open(path)
        if "retention" in path:
            page.wait_for_selector("#retention-chart .main-svg", state="attached")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert visitor.refused() == [], path
        serious += [
            f"{path}: {found['id']} {found['nodes'][0]['target']}"
            for found in Axe().run(page).response["violations"]
            if found["impact"] in ("serious", "critical")
        ]
    assert serious == []
