"""A site below a path, through a proxy that notes every link that forgot the path."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.browser.conftest import Server
from tests.loopback_proxy import LoopbackProxy

pytestmark = pytest.mark.browser
LINKS = """
() => [...document.querySelectorAll("a[href]")]
  .filter((a) => a.origin === location.origin && !a.hasAttribute("download"))
  .map((a) => a.href.split("#")[0])
"""
PAGES_LOOKED_AT = 60  # of some 200: the admin has many alike


@pytest.fixture(scope="module")
def below(
    prepared: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, LoopbackProxy]]:
    running = Server(
        tmp_path_factory.mktemp("below"),
        like=prepared,
        TOKEN_BUDGET_PATH_PREFIX="/budget",
    )
    running.start()
    proxy = LoopbackProxy(running.port, prefix="/budget")
    with proxy.running():
        yield running, proxy
    running.end()


def looked_at(visitor: Any, start: str) -> set[str]:
    """Follow the links of one's own site, a page of each kind first."""
    page = visitor.page
    waiting, seen = [start], set()
    while waiting and len(seen) < PAGES_LOOKED_AT:
        address = waiting.pop(0)
        seen.add(address)
        answer = page.request.get(address)
        assert answer.ok, (address, answer.status)
        if "text/html" not in answer.headers["content-type"] or "/logout/" in address:
            continue
        page.goto(address)
        waiting += [a for a in page.evaluate(LINKS) if a not in {*seen, *waiting}]
    return {address.split("/budget", 1)[1] for address in seen}


def test_every_link_asset_and_socket_stays_below_the_path(below, visit):
    server, proxy = below
    httpx.post(
        f"{proxy.address}/api/v1/usage",
        json={"session": "chat-42", "tokens": {"history": 163_000}},
        headers={"Authorization": f"Bearer {server.key}"},
        timeout=60,
    ).raise_for_status()
    visitor = visit(proxy)
    page = visitor.open_live("/")

    server.report("chat-42", 190_000)  # without the prefix, as a program nearby does
    page.wait_for_selector(".stream [data-level=critical] a")
    page.click(".stream [data-level=critical] a")
    page.wait_for_url(f"{proxy.address}/sessions/*/")
    page.wait_for_selector("[data-live-status]:has-text('Live')")
    seen = looked_at(visitor, f"{proxy.address}/")

    assert proxy.strays == []
    assert {"/", "/sessions/", "/events/", "/admin/", "/api/v1/docs"} <= seen
    assert visitor.refused() == []


def test_cookies_and_redirects_know_the_path(below, visit):
    _, proxy = below
    visitor = visit(proxy)
    page = visitor.open_live("/")
    page.click("[data-theme-toggle]")
    theme = page.evaluate("document.documentElement.dataset.theme")
    page.reload()

    cookies = {c["name"]: c["path"] for c in page.context.cookies()}
    assert {*cookies.values()} <= {"/budget", "/budget/"}
    assert {"sessionid", "csrftoken", "theme"} <= {*cookies}
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    asked = httpx.get(f"{proxy.address}/events/", timeout=60)
    assert asked.headers["location"] == "/budget/login/?next=/budget/events/"
    assert proxy.strays == []


def test_what_is_printed_and_described_has_the_path(below, visit):
    server, proxy = below
    document = httpx.get(f"{proxy.address}/api/v1/openapi.json", timeout=60).json()
    link = server.manage("login_link", "--address", f"{proxy.address}/").strip()
    page = visit(proxy).page

    page.goto(f"{proxy.address}/integrations/")
    lines = page.inner_text("main")
    page.context.clear_cookies()
    page.goto(link)
    page.get_by_role("button", name="Log in as").click()

    assert document["servers"] == [{"url": "/budget"}]
    assert f"{proxy.address}/api/v1/usage" in lines
    assert page.url == f"{proxy.address}/"
    assert "/budget/login/link/" in link and link.count("/budget") == 1
