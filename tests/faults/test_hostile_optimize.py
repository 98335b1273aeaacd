"""A silent summariser, and callers who leave, in a real server: nobody else waits."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.site_process import SiteProcess

POLICY = """
from tracker.models import Policy, Project
Policy.objects.create(
    name="asks", project=Project.objects.get(), model_pattern="asks-*",
    summariser="silent",
)
"""
TALK = [
    {"role": ("user", "assistant")[at % 2], "content": f"Step {at}. " + "word " * 4_000}
    for at in range(40)
]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[SiteProcess]:
    names = {"silent": "tests.workers.small_jobs.silent_summary"}
    settings = {"TOKEN_BUDGET_SUMMARISERS": json.dumps(names)}
    site = SiteProcess(tmp_path, environment=settings)
    site.manage("shell", "-v", "0", "-c", POLICY)
    site.start()
    yield site
    site.end()


def optimize(site: SiteProcess, model: str, seconds: float) -> httpx.Response:
    return httpx.post(
        f"{site.address}/api/v1/sessions/s-{model}/optimize",
        json={"messages": TALK, "model": model, "force": True, "dry_run": True},
        headers={"Authorization": f"Bearer {site.key}"},
        timeout=seconds,
    )


def silent_worker(site: SiteProcess) -> int:
    """The process that the silent summariser keeps busy, once it does."""
    mark = site.folder / "data" / "silent.pid"
    until = time.monotonic() + 60
    while not mark.exists():
        assert time.monotonic() < until
        time.sleep(0.01)
    return int(mark.read_text())


def test_a_silent_summariser_holds_up_its_own_call_alone(site: SiteProcess) -> None:
    answers: list[Any] = []

    def ask() -> None:
        try:
            answers.append(optimize(site, "asks-a-model", 120))
        except httpx.HTTPError as error:
            answers.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    silent_worker(site)

    answer = optimize(site, "plain", 60)
    assert answer.status_code == 200 and answer.json()["compressed"]

    # A stop does not wait for it either, and who asked is told.
    site.end()
    asking.join(60)
    assert [answer.status_code for answer in answers] == [503]
    assert "stopping" in answers[0].json()["error"]["message"]


def test_work_for_a_caller_who_left_is_ended(site: SiteProcess) -> None:
    body = json.dumps({"messages": TALK, "model": "asks-a-model", "force": True})
    head = (
        "POST /api/v1/sessions/s/optimize HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {site.key}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", site.port)) as connection:
        connection.sendall((head + body).encode())
        worker = psutil.Process(silent_worker(site))

    worker.wait(60)
    assert optimize(site, "plain", 60).status_code == 200
