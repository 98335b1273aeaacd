"""What becomes of reports when the process ends, or forks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.client.fake_server import BudgetServer
from tracker.client.sending import lifetimes

REPORT = "budget.report(session='s', tokens={'history': 7}, event_id=%r)\n"


def test_reports_of_a_program_that_ends_at_once_arrive(server: BudgetServer) -> None:
    finished = _run(server, REPORT % "last")

    assert (finished.returncode, finished.stderr) == (0, "")
    assert [report["event_id"] for report in server.reports] == ["last"]


def test_a_program_ends_soon_though_the_server_does_not_answer(
    server: BudgetServer, state: Path
) -> None:
    server.status = 503
    started = time.monotonic()

    finished = _run(server, REPORT % "last")

    assert finished.returncode == 0
    assert time.monotonic() - started < 60
    (kept,) = state.rglob("*.json")
    assert json.loads(kept.read_bytes())[0]["tokens"] == {"history": 7}
    assert kept.stat().st_mode & 0o777 == 0o600


class Slow:
    """Something that uses up all the time it is given."""

    def __init__(self, calls: list[str]) -> None:
        self._calls = calls
        self.seconds = -1.0

    def hurry(self) -> None:
        self._calls.append("hurry")

    def close(self, seconds: float) -> None:
        self._calls.append("close")
        self.seconds = seconds

    def reset(self) -> None:
        self._calls.append("reset")


def test_all_clients_share_the_time_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    slow = [Slow(calls) for _ in range(3)]
    now = [100.0]

    def tick() -> float:
        now[0] += 1.0
        return now[0]

    monkeypatch.setattr(lifetimes.time, "monotonic", tick)
    monkeypatch.setattr(lifetimes, "_alive", slow)

    lifetimes._close_all()

    assert calls == ["hurry"] * 3 + ["close"] * 3
    assert [each.seconds for each in slow] == [1.0, 0.0, 0.0]


FORK = """
import os, warnings
warnings.simplefilter('ignore')
child = os.fork()
for number in range(20):
    name = f"{'after' if child else 'child'}-{number}"
    budget.report(session='s', tokens={'history': 1}, event_id=name)
    assert budget.flush()
assert budget.delivery.stored == 20 + bool(child)
if not child:
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
"""


def test_a_forked_child_reports_for_itself_over_a_connection_of_its_own(
    server: BudgetServer,
) -> None:
    finished = _run(server, REPORT % "parent" + "assert budget.flush()\n" + FORK)

    assert (finished.returncode, finished.stderr) == (0, "")
    ids = [report["event_id"] for report in server.reports]
    names = [f"{who}-{number}" for who in ("after", "child") for number in range(20)]
    assert sorted(ids) == sorted(["parent", *names])
    ports = {
        who: {r.client_port for r in server.requests if who.encode() in r.body}
        for who in ("after", "child")
    }
    assert not ports["after"] & ports["child"]


WORKER = """
import multiprocessing, warnings
warnings.simplefilter('ignore')

def work(own):
    client = BudgetClient({url!r}, 'tb_key') if own else budget
    client.report(session='s', tokens={{'history': 1}}, event_id=f'own={{own}}')

context = multiprocessing.get_context('fork')
for own in (False, True):
    process = context.Process(target=work, args=(own,))
    process.start()
    process.join()
"""


def test_reports_of_a_multiprocessing_worker_that_ends_at_once_arrive(
    server: BudgetServer,
) -> None:
    finished = _run(server, WORKER.format(url=server.url))

    assert (finished.returncode, finished.stderr) == (0, "")
    ids = [report["event_id"] for report in server.reports]
    assert ids == ["own=False", "own=True"]


def _run(server: BudgetServer, code: str) -> subprocess.CompletedProcess[str]:
    program = (
        "from tracker.client import BudgetClient\n"
        f"budget = BudgetClient({server.url!r}, 'tb_key')\n{code}\n"
    )
    return subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "NO_PROXY": "*"},
        check=False,
    )
