"""The same pages in a real Chromium: how often their scripts ask for fragments."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

PATHS = {"overview": "/", "list": "/sessions/", "session": "/sessions/1/"}
ARGUMENTS = ["--no-sandbox", "--disable-gpu"]


class ChromiumPages:
    """One open page of each kind."""

    def __init__(self) -> None:
        self.asks: Counter[str] = Counter()
        self.last: Any = None

    def rates(self, seconds: float) -> dict[str, float]:
        """Asks a second of each page, in the next `seconds`: Playwright hears of
        requests only while it is waited for.
        """
        self.last.wait_for_timeout(1)
        self.asks.clear()
        start = time.perf_counter()
        self.last.wait_for_timeout(seconds * 1_000)
        passed = time.perf_counter() - start
        return {kind: self.asks[kind] / passed for kind in PATHS}


@contextlib.contextmanager
def chromium(port: int, cookie: str) -> Iterator[Any]:
    """A browser's context that is logged in; None where there is no Chromium."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not path:
        yield None
        return
    from playwright.sync_api import sync_playwright

    name, _, value = cookie.partition("=")
    site = f"http://127.0.0.1:{port}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        context = browser.new_context()
        context.add_cookies([{"name": name, "value": value, "url": site}])
        yield context
        browser.close()


@contextlib.contextmanager
def chromium_pages(port: int, cookie: str) -> Iterator[ChromiumPages | None]:
    """None where there is no Chromium."""
    with chromium(port, cookie) as context:
        if context is None:
            yield None
            return
        pages = ChromiumPages()
        for kind, address in PATHS.items():
            page = pages.last = context.new_page()

            def note(request: Any, kind: str = kind) -> None:
                is_figure = "figure.json" in request.url
                pages.asks[kind] += is_figure or "hx-request" in request.headers

            page.on("request", note)
            page.goto(f"http://127.0.0.1:{port}{address}")
            page.wait_for_selector("[data-live-status]:has-text('Live')")
        yield pages
