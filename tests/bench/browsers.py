"""Open pages in another process: each with its socket, asking for its fragments.

`python -m tests.bench.browsers '{"port": …}'` prints when all are open; at "begin" on
its stdin it counts anew, at "end" it prints one JSON object of what was asked.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import msgspec
import uvloop

from tests.bench.frames import read_frames
from tests.bench.open_pages import SHORTEST, Fragment, ListPage, SessionPage
from tests.bench.page_client import Answer, PageClient

PAUSE = re.compile(r'data-fragment-pause="(\d+)"')
AFTER = re.compile(r'data-live-after="([^"]*)"')
KINDS = ("overview", "list", "session")
Gauge = tuple[int, float, int]  # session, used ratio, available tokens
decode = msgspec.json.Decoder().decode


@dataclass(slots=True)
class Seen:
    """Of the asks since `since`: seconds each took by kind, and statuses."""

    since: float
    took: dict[str, list[float]] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)

    def result(self, pages: Counter[str], closed: int) -> dict[str, Any]:
        everything = sorted(sum(self.took.values(), [])) or [0.0]
        seconds = time.perf_counter() - self.since
        return {
            "rate": sum(map(len, self.took.values())) / seconds,
            "rates": {k: len(self.took.get(k, [])) / seconds / pages[k] for k in pages},
            "p50_ms": everything[len(everything) // 2] * 1e3,
            "p95_ms": everything[int(len(everything) * 0.95)] * 1e3,
            "statuses": dict(self.statuses),
            "closed": closed,
        }


class Browsers:
    """`overview`, `list`, `session`: how many pages of each. With `is_quiet` they only
    listen.
    """

    def __init__(
        self, port: int, cookie: str, pages: dict[str, int], is_quiet: bool
    ) -> None:
        self.port, self.cookie = port, cookie
        self._pages = Counter(pages)
        self._is_quiet = is_quiet
        self._fragments: list[Fragment] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._frames: dict[bytes, tuple[list[Gauge], list[Any]]] = {}
        self._closed = 0
        self._seen = Seen(time.perf_counter())

    async def __call__(self) -> None:
        loop = asyncio.get_running_loop()
        for kind in KINDS:
            for number in range(self._pages[kind]):
                await self._open(kind, number)
        looking = asyncio.create_task(self._look())
        print("open", flush=True)
        for _ in ("begin", "end"):
            await loop.run_in_executor(None, sys.stdin.readline)
            done, self._seen = self._seen, Seen(time.perf_counter())
        looking.cancel()
        print(json.dumps(done.result(self._pages, self._closed)), flush=True)

    async def _open(self, kind: str, number: int) -> None:
        pk = number + 1  # the first sessions of the load
        paths = {"overview": "/", "list": "/sessions/", "session": f"/sessions/{pk}/"}
        socket = f"/ws/sessions/{pk}/" if kind == "session" else "/ws/overview/"
        page: ListPage | SessionPage

        def fragment(target: str, path: str = paths[kind]) -> Fragment:
            client = PageClient(self.port, self.cookie)

            def send(one: Fragment) -> None:
                task = asyncio.create_task(self._ask(kind, page, one, client))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

            return Fragment(path, target, send)

        if kind == "session":
            figure = fragment("", f"{paths[kind]}figure.json?theme=dark")
            now, facts = fragment("budget-now"), fragment("session-facts")
            page = SessionPage(pk, now, facts, fragment("sample-table"), figure)
        elif kind == "list":
            page = ListPage(fragment("sessions-table"), 9_999, is_newest_first=True)
        else:
            page = ListPage(fragment("session-list"), full=50)
        whole = await PageClient(self.port, self.cookie).ask(paths[kind], "")
        found = AFTER.search(whole.text)
        if whole.status != 200 or not found:
            raise RuntimeError(f"{paths[kind]} answered {whole.status}")
        page.show(whole.text)
        pause = PAUSE.search(whole.text)
        for one in page.fragments:
            one.pause = int(pause[1]) / 1_000 if pause else SHORTEST
            self._fragments.append(one)
        task = asyncio.create_task(self._listen(page, socket, found[1]))
        self._tasks.add(task)

    async def _listen(self, page: Any, path: str, after: str) -> None:
        """A browser would come back; a bench whose sockets close measures nothing."""
        origin = f"Origin: http://127.0.0.1:{self.port}\r\nCookie: {self.cookie}\r\n"
        async for frame in read_frames(
            self.port, f"{path}?after={quote(after, safe='')}", origin
        ):
            now = time.monotonic()
            gauges, facts = self._messages(frame)
            for pk, ratio, available in gauges:
                page.budget(pk, ratio, available, now)
            for fact in facts:
                page.fact(fact, now)
        self._closed += 1

    def _messages(self, frame: bytes) -> tuple[list[Gauge], list[dict[str, Any]]]:
        """Gauges and facts. Pages of a kind get the same bytes: they are read once."""
        found = self._frames.get(frame)
        if found is None:
            if len(self._frames) > 500:
                self._frames.clear()
            message = decode(frame)
            news = message.get("messages") or message.get("budgets") or [message]
            found = self._frames[frame] = (
                [gauge_of(one) for one in news if one["type"] == "budget"],
                [one for one in news if one["type"] in ("event", "compression")],
            )
        return found

    async def _look(self) -> None:
        while not self._is_quiet:
            now = time.monotonic()
            for fragment in self._fragments:
                fragment.look(now)
            await asyncio.sleep(0.1)

    async def _ask(
        self, kind: str, page: Any, one: Fragment, client: PageClient
    ) -> None:
        start = time.perf_counter()
        answer: Answer = await client.ask(one.path, one.target)
        self._seen.took.setdefault(kind, []).append(time.perf_counter() - start)
        self._seen.statuses[answer.status] += 1
        if answer.status == 200:
            page.show(answer.text)
        one.answered(
            time.monotonic(),
            answer.status,
            int(answer.header("x-fragment-pause") or 0),
            int(answer.header("x-fragment-age") or 0),
        )


def gauge_of(message: dict[str, Any]) -> Gauge:
    budget = message["budget"]
    return message["pk"], budget["used_ratio"], budget["available_tokens"]


if __name__ == "__main__":
    uvloop.run(Browsers(**json.loads(sys.argv[1]))())
