"""Each page, in both themes and widths: fits, complains of nothing, accessible."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser

LAST_FLEET_PLOT = "[data-fleet-plot=compressions] .main-svg"
ARABIC = "مرحبا " * 42
LEVELS = (1_000, 157_000, 167_000, 187_000, 250_000)
PAGES = {
    "overview": "/",
    "tv": "/tv/",
    "share": "/share/sessions/{session}/",
    "nothing found": "/?q=nothing-is-called-like-this",
    "sessions": "/sessions/",
    "session": "/sessions/{session}/",
    "session by time": "/sessions/{session}/?axis=time&last=60",
    "messages": "/sessions/{session}/messages/",
    "compare": "/sessions/compare/?a={session}&b={session}",
    "handoff": "/sessions/{session}/handoff/",
    "events": "/events/",
    "spend": "/spend/",
    "gateway": "/gateway/",
    "alerts": "/alerts/",
    "new channel": "/alerts/new-channel/{project}/",
    "fleet": "/fleet/?period=24h",
    "compressions": "/compressions/?review=all",
    "compression": "/compressions/{compression}/",
    "keys": "/projects/default/keys/",
    "people": "/projects/default/people/",
}


@pytest.fixture(scope="module")
def stocked(server):
    """Sessions at every level with hostile names, one compressed with messages."""
    for number, used in enumerate(LEVELS):
        name = f"<b>level/{number}</b> 😀 \u202e" if number % 2 else f"level-{number}"
        title = ARABIC[:255] if number == 2 else ""
        for share in (2, 1):
            server.report(name, used // share, title=title, model="my-model")
    before = [{"role": "user", "content": f"line {n} " * 40} for n in range(70)]
    done = server.post(
        "/sessions/level-4/compressions",
        {
            "before": before,
            "after": before[:3],
            "summary": "- one\n- two",
            "trigger": "auto",
        },  # fmt: skip
    )
    found = server.python(
        "-c",
        "import django; django.setup(); from tracker.models import Compression as C;"
        "c = C.objects.latest('pk'); print(c.pk, c.session_id)",
    ).split()
    assert done
    server.places = {
        "compression": found[0],
        "session": found[1],
        "project": "default",
    }
    return server


@dataclass(frozen=True, slots=True)
class Seen:
    """A page as it was drawn: its width, what was refused, what axe found."""

    inside: int
    refused: list[str]
    serious: list[str]


@pytest.fixture(scope="module")
def seen_before():
    return {}


@pytest.fixture
def seen(stocked, visit, theme, width, seen_before):
    """Every page by its name, drawn once for both tests: a page costs a second."""
    if (theme, width) not in seen_before:
        visitor, found = visit(stocked, width=width, color_scheme=theme), {}
        for name, path in PAGES.items():
            page = visitor.open_live(path.format(**stocked.places))
            if "chart" in page.content() and "session" in name:
                page.wait_for_selector(
                    "#session-chart .main-svg, .note", state="attached"
                )
            if name == "fleet":
                page.wait_for_selector(LAST_FLEET_PLOT, state="attached")
            inside = page.evaluate("document.documentElement.scrollWidth")
            found[name] = Seen(inside, visitor.refused(), _serious(page, name))
        seen_before[theme, width] = found
    return seen_before[theme, width]


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("width", [1440, 390])
def test_pages_complain_of_nothing_and_fit(seen, width):
    assert [*seen] == [*PAGES]
    for name, page in seen.items():
        assert page.inside <= width, f"{name} is {page.inside} wide at {width}"
        assert page.refused == [], name


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_nothing_serious(seen):
    assert [*seen] == [*PAGES]
    assert [what for page in seen.values() for what in page.serious] == []


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_axe_finds_nothing_serious_before_login_and_first_report(
    fresh_server, visit, chromium, theme
):
    visitor = visit(fresh_server, color_scheme=theme)
    serious = []
    for path in ("/", "/sessions/", "/events/", "/compressions/", "/no-such-page/"):
        page = visitor.open(path)
        serious += _serious(page, path)
    context = chromium.new_context(color_scheme=theme)
    page = context.new_page()
    for path in ("/login/", "/login/link/unknown/"):
        page.goto(fresh_server.address + path)
        serious += _serious(page, path)
    context.close()
    assert serious == []


def _serious(page, path: str) -> list[str]:
    return [
        f"{path}: {found['id']} at {[node['target'] for node in found['nodes']][:3]}"
        for found in Axe().run(page).response["violations"]
        if found["impact"] in ("serious", "critical")
    ]


def test_the_first_paint_is_complete_without_javascript(stocked, visit, chromium):
    cookies = visit(stocked).page.context.cookies()
    context = chromium.new_context(java_script_enabled=False)
    context.add_cookies(cookies)
    page = context.new_page()
    page.goto(stocked.address + "/?q=level")

    assert page.locator("#session-list tr[data-session]").count() == 5
    assert page.locator("[data-stream-lines] li").count() > 0
    assert "1 of 5 active sessions needs you" in page.inner_text("h1")
    context.close()
