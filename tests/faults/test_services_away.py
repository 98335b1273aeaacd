"""PostgreSQL and Valkey killed, restarted and frozen under a running server: clear
503s, pages that say so, and everything goes on by itself.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.faults.reports import (
    PASSWORD,
    Reports,
    browser,
    kinds_until,
    log_in,
    make_boss,
    watch,
)
from tests.faults.services import Postgres, Valkey, seconds_until
from tests.site_process import SiteProcess

pytestmark = pytest.mark.services


class World:
    """Both services, one server over them, a client, a browser and a socket."""

    def __init__(self, folder: Path, stack: contextlib.ExitStack) -> None:
        self.postgres = Postgres(folder)
        stack.callback(self.postgres.end)
        self.valkey = Valkey(folder)
        stack.callback(self.valkey.end)
        self.server = SiteProcess(
            folder, database_url=self.postgres.url, redis_url=self.valkey.url
        )
        make_boss(self.server)
        self.server.start()
        stack.callback(self.server.end)
        self.reports = Reports(self.server)
        stack.enter_context(self.reports.http)
        self.browser = stack.enter_context(browser(self.server))
        log_in(self.browser)
        self.socket = stack.enter_context(watch(self.server))

    def is_ready(self) -> bool:
        return self.reports.http.get("/readyz").status_code == 200


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    # Not below pytest's folder, which is root's alone: PostgreSQL changes its user.
    with tempfile.TemporaryDirectory(
        prefix="tb-faults-", ignore_cleanup_errors=True
    ) as name, contextlib.ExitStack() as stack:  # fmt: skip
        yield World(Path(name), stack)


def says_so(page: httpx.Response) -> None:
    assert page.status_code == 503
    assert page.headers["Retry-After"] == "5"
    assert "database server does not answer" in page.text
    assert 'http-equiv="refresh"' in page.text


def goes_on(world: World) -> None:
    """Without a restart: reports, pages, the same socket, and nothing is lost."""
    seconds_until(world.reports.is_taken)
    seconds_until(lambda: world.browser.get("/sessions/").status_code == 200)
    for _ in range(10):
        world.reports.send()
    assert "event" in kinds_until(world.socket, "event")
    seconds_until(world.is_ready)
    world.reports.settle()
    world.reports.log_has_no_traceback()


def test_postgresql_killed_and_started_again(world: World) -> None:
    assert world.reports.is_taken()
    world.postgres.kill()
    try:
        why = world.reports.refusal()
        # Asked again meanwhile: what has failed once is not kept for the next one.
        assert "does not answer" in world.reports.refusal()
        page = world.browser.get("/sessions/")
        ready = world.reports.http.get("/readyz")
    finally:
        world.postgres.begin()

    assert "database server does not answer" in why
    says_so(page)
    assert ready.json()["checks"]["database"] == "the database does not answer"
    goes_on(world)


def test_postgresql_frozen_and_back(world: World) -> None:
    assert world.reports.is_taken()
    with world.postgres.frozen():
        why = world.reports.refusal()
        slowest = world.reports.slowest

    assert "database server does not answer" in why
    # A client gives up after 10 s: it is to hear why.
    assert slowest < 10
    goes_on(world)


def parallel_refusals(world: World) -> list[tuple[int, float]]:
    """Status and seconds of 15 reports at once: five of a key that was known, five of
    it with a text to count, five of keys that nobody has asked for yet.
    """
    full = {"session": "parallel", "tokens": {"history": 5}}
    with_text = {"session": "parallel", "messages": [{"role": "user", "content": "a"}]}

    def send(number: int) -> tuple[int, float]:
        report = {**(with_text if number % 3 == 1 else full), "event_id": f"p{number}"}
        key = f"tb_{number}" if number % 3 == 2 else world.server.key
        answer = httpx.post(
            f"{world.server.address}/api/v1/usage",
            json=report, headers={"Authorization": f"Bearer {key}"}, timeout=60,
        )  # fmt: skip
        return answer.status_code, answer.elapsed.total_seconds()

    with ThreadPoolExecutor(15) as threads:
        return list(threads.map(send, range(15)))


@pytest.mark.parametrize("how", ["killed", "frozen"])
def test_parallel_reports_are_answered_within_10_s(world: World, how: str) -> None:
    seconds_until(world.reports.is_taken)
    with contextlib.ExitStack() as stack:
        if how == "killed":
            world.postgres.kill()
            stack.callback(world.postgres.begin)
        else:
            stack.enter_context(world.postgres.frozen())
        answers = parallel_refusals(world)

    assert {status for status, _ in answers} == {503}
    # One after the other they waited 3 s each, the last one 40.
    assert max(seconds for _, seconds in answers) < 10
    goes_on(world)


def test_valkey_killed_and_started_again(world: World) -> None:
    world.valkey.kill()
    try:
        reported = [world.reports.send().status_code for _ in range(12)]
        told = kinds_until(world.socket, "event")
        page = world.browser.get("/sessions/")
        login = new_login(world, password="wrong")
        ready = world.reports.http.get("/readyz")
    finally:
        world.valkey.begin()

    assert set(reported) == {201}
    assert "event" in told, "the hub asks the store, too"
    assert page.status_code == login.status_code == 200
    assert ready.status_code == 503
    assert ready.json()["checks"]["channel_layer"] != "ok"
    goes_on(world)


def test_valkey_frozen_and_back(world: World) -> None:
    with world.valkey.frozen():
        reported = [world.reports.send().status_code for _ in range(12)]
        told = kinds_until(world.socket, "event")
        page = world.browser.get("/sessions/")
        login = new_login(world, password=PASSWORD)

    assert set(reported) == {201}
    assert "event" in told
    assert page.status_code == 200
    assert login.history and login.url.path == "/", "the password is good"
    goes_on(world)


def new_login(world: World, *, password: str) -> httpx.Response:
    with browser(world.server) as client:
        return log_in(client, password=password)
