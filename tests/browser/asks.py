"""Notes what an open page asks its server for, and answers in its place."""

from __future__ import annotations

import time
from typing import Any


class Asks:
    """The fragments and figures a page asks for; `headers` replace the answers'."""

    def __init__(self, page: Any, *, status: int = 0, **headers: str) -> None:
        self.times: list[float] = []
        self.paths: list[str] = []
        self.status = status
        self._page = page
        self._headers = {k.replace("_", "-"): v for k, v in headers.items()}
        page.route("**/*", self._answer)

    def _answer(self, route: Any) -> None:
        request = route.request
        is_fragment = "hx-request" in request.headers or "figure.json" in request.url
        if not is_fragment:
            route.continue_()
            return
        self.times.append(time.monotonic())
        self.paths.append(request.url)
        if self.status:
            route.fulfill(status=self.status, body="busy")
            return
        answer = route.fetch()
        route.fulfill(response=answer, headers=answer.headers | self._headers)

    def wait_for(self, count: int, *, seconds: float = 60) -> None:
        until = time.monotonic() + seconds
        while len(self.times) < count:
            assert time.monotonic() < until, self.times
            self._page.wait_for_timeout(50)
