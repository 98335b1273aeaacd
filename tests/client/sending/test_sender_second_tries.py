"""Reports on which the server failed are sent again by themselves."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from tests.client.fake_transport import Line, make, soon
from tracker.client.sending import second_tries
from tracker.client.sending.sender import Sender
from tracker.client.sending.spool import Spool
from tracker.client.sending.transport import Outcome


def test_a_report_on_which_the_server_failed_is_sent_again_alone(
    sender: Sender, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_tries, "FIRST_WAIT", 0.05)
    answers = iter([Outcome(again=(1,)), Outcome(is_failed=True)])
    line.outcome = lambda reports: next(answers, Outcome())
    for number in range(3):
        sender.submit(make(number))

    assert not sender.flush()
    assert soon(lambda: len(line.bodies) == 3)
    assert line.bodies == [[{"n": 0}, {"n": 1}, {"n": 2}], [{"n": 1}], [{"n": 1}]]
    assert soon(sender.flush)
    assert sender.dropped == 0


def test_a_report_on_which_the_server_always_fails_is_given_up_and_stops_no_other(
    sender: Sender, line: Line, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_tries, "FIRST_WAIT", 0.001)
    spool.add(b'[{"n": 0}]')
    line.outcome = lambda reports: Outcome("503", is_failed=reports == [{"n": 0}])
    sender.submit(make(1))

    assert soon(lambda: sender.dropped == 1)
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
    assert soon(lambda: len(line.bodies) > 2)

    sender.close(0.1)

    claim = spool.claim()
    assert claim is not None
    assert json.loads(claim.body) == [{"n": 1}, {"n": 2}]
    gate.set()
