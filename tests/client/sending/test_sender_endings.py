"""What becomes of reports when the program ends, or forks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from tests.client.fake_server import BudgetServer
from tests.client.fake_transport import Line, make, soon
from tracker.client.sending.sender import Sender
from tracker.client.sending.spool import Spool
from tracker.client.sending.transport import Outcome


def test_closing_keeps_what_a_hanging_request_holds(line: Line, spool: Spool) -> None:
    gate = threading.Event()

    def hang(reports: list[Any]) -> Outcome:
        gate.wait(10)
        return Outcome()

    line.outcome = hang
    sender = Sender(line, spool, gather_seconds=0)
    sender.submit(make(1))
    assert soon(lambda: bool(line.bodies))
    sender.submit(make(2))

    started = time.monotonic()
    sender.close(0.2)

    assert time.monotonic() - started < 2
    claim = spool.claim()
    assert claim is not None
    assert json.loads(claim.body) == [{"n": 1}, {"n": 2}]
    gate.set()


def test_what_is_kept_at_the_end_is_kept_in_pieces_that_can_be_sent(
    line: Line, spool: Spool
) -> None:
    gate = threading.Event()
    line.outcome = lambda reports: Outcome() if gate.wait(10) else Outcome()
    sender = Sender(line, spool, gather_seconds=0)
    sender.submit(make(-1))
    assert soon(lambda: bool(line.bodies))
    for number in range(1_200):
        sender.submit(make(number))

    sender.close(0.1)

    kept = []
    while (claim := spool.claim()) is not None:
        kept.append([report["n"] for report in json.loads(claim.body)])
    assert max(len(piece) for piece in kept) <= 100
    assert [n for piece in kept for n in piece] == list(range(-1, 1_200))
    gate.set()


def test_a_closed_sender_takes_nothing_and_closes_its_transport(
    line: Line, spool: Spool
) -> None:
    sender = Sender(line, spool, gather_seconds=0)
    sender.submit(make(1))
    sender.close()
    sender.close()

    sender.submit(make(2))

    assert line.bodies == [[{"n": 1}]]
    assert line.is_closed


def test_reports_of_a_program_that_ends_at_once_arrive(server: BudgetServer) -> None:
    finished = _run(
        server, "budget.report(session='s', tokens={'history': 7}, event_id='last')"
    )

    assert (finished.returncode, finished.stderr) == (0, "")
    assert [report["event_id"] for report in server.reports] == ["last"]


def test_a_program_ends_soon_though_the_server_does_not_answer(
    server: BudgetServer, state: Path
) -> None:
    server.status = 503
    started = time.monotonic()

    finished = _run(server, "budget.report(session='s', tokens={'history': 7})")

    assert finished.returncode == 0
    assert time.monotonic() - started < 8
    (kept,) = state.rglob("*.json")
    assert json.loads(kept.read_bytes())[0]["tokens"] == {"history": 7}
    assert kept.stat().st_mode & 0o777 == 0o600


def test_a_forked_child_reports_for_itself(server: BudgetServer) -> None:
    finished = _run(
        server,
        "budget.report(session='s', tokens={'history': 1}, event_id='parent')\n"
        "import os, warnings\n"
        "warnings.simplefilter('ignore')\n"
        "child = os.fork()\n"
        "name = 'after' if child else 'child'\n"
        "budget.report(session='s', tokens={'history': 1}, event_id=name)\n"
        "if not child:\n"
        "    assert budget.flush()\n"
        "    os._exit(0)\n"
        "os.waitpid(child, 0)",
    )

    assert (finished.returncode, finished.stderr) == (0, "")
    ids = sorted(report["event_id"] for report in server.reports)
    assert ids == ["after", "child", "parent"]


def _run(server: BudgetServer, code: str) -> subprocess.CompletedProcess[str]:
    program = (
        "from tracker.client import BudgetClient\n"
        f"budget = BudgetClient({server.url!r}, 'tb_key')\n{code}\n"
    )
    return subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=30,
        env={**os.environ, "NO_PROXY": "*"},
        check=False,
    )
