"""The sender's thread: batches, outages, limits, the end of the program."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.client.fake_server import BudgetServer
from tracker.client import BudgetClient, second_tries
from tracker.client.sender import Sender
from tracker.client.spool import Spool
from tracker.client.transport import Outcome


class Line:
    """A transport that notes bodies and answers what the test says."""

    def __init__(self) -> None:
        self.bodies: list[list[Any]] = []
        self.outcome: Callable[[list[Any]], Outcome] = lambda reports: Outcome()
        self.is_closed = False

    def send(self, body: bytes) -> Outcome:
        reports = json.loads(body)
        self.bodies.append(reports)
        return self.outcome(reports)

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


@pytest.fixture
def sender(line: Line, spool: Spool) -> Iterator[Sender]:
    sender = Sender(line, spool, gather_seconds=0.01)
    yield sender
    sender.close()


def later(reports: list[Any]) -> Outcome:
    return Outcome("503 not now", is_later=True)


def make(number: int) -> Callable[[], dict[str, Any]]:
    return lambda: {"n": number}


def test_reports_go_out_in_batches_and_in_order(sender: Sender, line: Line) -> None:
    for number in range(250):
        sender.submit(make(number))

    assert sender.flush()
    assert max(len(body) for body in line.bodies) <= 100
    assert len(line.bodies) < 20
    assert [r["n"] for body in line.bodies for r in body] == list(range(250))


def test_reports_go_out_without_being_flushed(sender: Sender, line: Line) -> None:
    sender.submit(make(1))

    assert _soon(lambda: line.bodies == [[{"n": 1}]])


def test_a_report_that_cannot_be_made_stops_no_other(
    sender: Sender, line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    sender.submit(lambda: 1 / 0)  # type: ignore[arg-type,return-value]  # the point
    sender.submit(lambda: None)
    sender.submit(make(1))

    assert sender.flush()
    assert line.bodies == [[{"n": 1}]]
    assert "ZeroDivisionError" in caplog.text


def test_during_an_outage_reports_wait_on_disk_and_go_out_after_it(
    sender: Sender, line: Line, spool: Spool
) -> None:
    line.outcome = later
    sender.submit(make(1))
    assert not sender.flush()
    sender.submit(make(2))
    assert not sender.flush(0.2)
    assert len(line.bodies) == 1  # the second did not knock at a closed door
    assert not spool.is_empty()

    line.outcome = lambda reports: Outcome()

    assert _soon(lambda: line.bodies[1:] == [[{"n": 1}], [{"n": 2}]])
    assert _soon(spool.is_empty)
    assert sender.dropped == 0


def test_an_outage_is_knocked_at_less_and_less_often(
    sender: Sender, line: Line, spool: Spool
) -> None:
    times: list[float] = []

    def note(reports: list[Any]) -> Outcome:
        times.append(time.monotonic())
        return Outcome("no", is_later=True)

    line.outcome = note
    sender.submit(make(1))

    assert _soon(lambda: len(times) >= 4, seconds=6)
    first, second, third = (b - a for a, b in zip(times, times[1:4], strict=False))
    assert 0.2 <= first <= 0.9
    assert second <= 1.3
    assert 0.9 <= third <= 2.5


def test_retry_after_is_waited_for(sender: Sender, line: Line) -> None:
    line.outcome = lambda reports: Outcome("no", is_later=True, after_seconds=60)
    sender.submit(make(1))

    assert not sender.flush(1.0)
    time.sleep(0.7)
    assert len(line.bodies) == 1


def test_a_batch_that_is_too_large_is_halved(sender: Sender, line: Line) -> None:
    line.outcome = lambda reports: Outcome("413", is_too_large=len(reports) > 2)
    for number in range(7):
        sender.submit(make(number))

    assert sender.flush()
    small = [body for body in line.bodies if len(body) <= 2]
    assert [r["n"] for body in small for r in body] == list(range(7))


def test_what_is_refused_for_good_is_not_sent_again(
    sender: Sender, line: Line, spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    line.outcome = lambda reports: Outcome("401 unknown key")
    sender.submit(make(1))
    sender.flush()
    sender.submit(make(2))

    assert sender.flush()
    assert spool.is_empty()
    warnings = [r for r in caplog.records if r.levelno == logging.WARNING]
    assert len(warnings) == 1  # each thing is said once
    assert "401 unknown key" in warnings[0].getMessage()


def test_a_report_on_which_the_server_failed_is_sent_again_alone(
    sender: Sender, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_tries, "FIRST_WAIT", 0.05)
    answers = iter([Outcome(again=(1,)), Outcome(is_failed=True)])
    line.outcome = lambda reports: next(answers, Outcome())
    for number in range(3):
        sender.submit(make(number))

    assert not sender.flush()
    assert _soon(lambda: len(line.bodies) == 3)
    assert line.bodies == [[{"n": 0}, {"n": 1}, {"n": 2}], [{"n": 1}], [{"n": 1}]]
    assert _soon(sender.flush)
    assert sender.dropped == 0


def test_a_report_on_which_the_server_always_fails_is_given_up_and_stops_no_other(
    sender: Sender, line: Line, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_tries, "FIRST_WAIT", 0.001)
    spool.add(b'[{"n": 0}]')
    line.outcome = lambda reports: Outcome("503", is_failed=reports == [{"n": 0}])
    sender.submit(make(1))

    assert _soon(lambda: sender.dropped == 1)
    assert line.bodies.count([{"n": 0}]) == second_tries.MOST_TRIES
    assert line.bodies.count([{"n": 1}]) == 1
    assert spool.is_empty()


def test_what_waits_to_be_sent_again_is_kept_for_the_next_run(
    line: Line, spool: Spool
) -> None:
    sender = Sender(line, spool, gather_seconds=0)
    line.outcome = lambda reports: Outcome(again=(0,))
    sender.submit(make(1))
    sender.flush()

    sender.close()

    claim = spool.claim()
    assert claim is not None
    assert json.loads(claim.body) == [{"n": 1}]


def test_what_else_was_due_is_kept_where_one_hangs_at_the_end(
    line: Line, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_tries, "FIRST_WAIT", 0.3)
    gate = threading.Event()

    def fail_then_hang(reports: list[Any]) -> Outcome:
        if len(line.bodies) > 2:
            gate.wait(10)
        return Outcome(is_failed=True)

    line.outcome = fail_then_hang
    sender = Sender(line, spool, gather_seconds=0)
    for number in (1, 2):
        sender.submit(make(number))
        sender.flush()
    assert _soon(lambda: len(line.bodies) > 2)

    sender.close(0.1)

    claim = spool.claim()
    assert claim is not None
    assert json.loads(claim.body) == [{"n": 1}, {"n": 2}]
    gate.set()


def test_a_full_queue_drops_the_oldest(line: Line, spool: Spool) -> None:
    gate = threading.Event()
    line.outcome = lambda reports: Outcome() if gate.wait(5) else Outcome()
    sender = Sender(line, spool, queue_reports=10, gather_seconds=0)
    sender.submit(make(-1))
    assert _soon(lambda: bool(line.bodies))

    for number in range(15):
        sender.submit(make(number))
    gate.set()

    sender.flush()
    assert [r["n"] for body in line.bodies[1:] for r in body] == list(range(5, 15))
    assert sender.dropped == 5
    sender.close()


def test_a_spool_that_cannot_be_written_loses_reports_and_counts_them(
    line: Line, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("no folder")
    sender = Sender(line, Spool(tmp_path / "file" / "spool"), gather_seconds=0)
    line.outcome = later
    sender.submit(make(1))

    assert not sender.flush()
    assert sender.dropped == 1
    assert "1 reports lost" in caplog.text
    sender.close()


def test_closing_keeps_what_a_hanging_request_holds(line: Line, spool: Spool) -> None:
    gate = threading.Event()

    def hang(reports: list[Any]) -> Outcome:
        gate.wait(10)
        return Outcome()

    line.outcome = hang
    sender = Sender(line, spool, gather_seconds=0)
    sender.submit(make(1))
    assert _soon(lambda: bool(line.bodies))
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
    assert _soon(lambda: bool(line.bodies))
    for number in range(1_200):
        sender.submit(make(number))

    sender.close(0.1)

    kept = []
    while (claim := spool.claim()) is not None:
        kept.append([report["n"] for report in json.loads(claim.body)])
    assert max(len(piece) for piece in kept) <= 100
    assert [n for piece in kept for n in piece] == list(range(-1, 1_200))
    gate.set()


def test_what_was_kept_and_is_too_large_is_halved(
    sender: Sender, line: Line, spool: Spool
) -> None:
    spool.add(json.dumps([{"n": number} for number in range(7)]).encode())
    line.outcome = lambda reports: Outcome("413", is_too_large=len(reports) > 2)

    sender.submit(make(-1))

    assert _soon(lambda: spool.is_empty() and sender.flush())
    small = [body for body in line.bodies if len(body) <= 2]
    assert [r["n"] for body in small for r in body] == [-1, *range(7)]
    assert sender.dropped == 0


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


def test_what_an_earlier_run_left_is_sent_by_the_next(
    sender: Sender, line: Line, spool: Spool
) -> None:
    spool.add(b'[{"n": "left"}]')

    sender.submit(make(1))

    assert sender.flush()
    assert line.bodies == [[{"n": 1}], [{"n": "left"}]]


def test_nothing_that_json_cannot_say_stops_a_report(
    sender: Sender, line: Line
) -> None:
    sender.submit(lambda: {"at": object, "title": "lone \ud800 half", "é": 1})

    assert sender.flush()
    assert line.bodies[0][0]["title"] == "lone ? half"


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


def _soon(is_true: Callable[[], bool], seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if is_true():
            return True
        time.sleep(0.01)
    return False


def test_a_client_flushes_through_a_real_server(
    budget: BudgetClient, server: BudgetServer
) -> None:
    server.too_many = 3
    for number in range(10):
        budget.report(tokens={"history": number})

    assert budget.flush()
    posts = [request.json() for request in server.requests]
    taken = [report for post in posts if len(post) <= 3 for report in post]
    assert [report["tokens"]["history"] for report in taken] == list(range(10))
