"""The sender's thread: batches in order, limits, what is refused."""

from __future__ import annotations

import logging
import threading

import pytest

from tests.client.fake_server import BudgetServer
from tests.client.fake_transport import Line, make, soon
from tracker.client import BudgetClient
from tracker.client.sending.sender import Sender
from tracker.client.sending.spool import Spool
from tracker.client.sending.transport import Outcome


def test_reports_go_out_in_batches_and_in_order(sender: Sender, line: Line) -> None:
    for number in range(250):
        sender.submit(make(number))

    assert sender.flush()
    assert max(len(body) for body in line.bodies) <= 100
    assert len(line.bodies) < 20
    assert [r["n"] for body in line.bodies for r in body] == list(range(250))


def test_reports_go_out_without_being_flushed(sender: Sender, line: Line) -> None:
    sender.submit(make(1))

    assert soon(lambda: line.bodies == [[{"n": 1}]])


def test_a_report_that_cannot_be_made_stops_no_other(
    sender: Sender, line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    sender.submit(lambda: 1 / 0)  # the point
    sender.submit(lambda: None)
    sender.submit(make(1))

    assert sender.flush()
    assert line.bodies == [[{"n": 1}]]
    assert "ZeroDivisionError" in caplog.text


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


def test_a_full_queue_drops_the_oldest(line: Line, spool: Spool) -> None:
    gate = threading.Event()
    line.outcome = lambda reports: Outcome() if gate.wait(5) else Outcome()
    sender = Sender(line, spool, queue_reports=10, gather_seconds=0)
    sender.submit(make(-1))
    assert soon(lambda: bool(line.bodies))

    for number in range(15):
        sender.submit(make(number))
    gate.set()

    sender.flush()
    assert [r["n"] for body in line.bodies[1:] for r in body] == list(range(5, 15))
    assert sender.dropped == 5
    sender.close()


def test_nothing_that_json_cannot_say_stops_a_report(
    sender: Sender, line: Line
) -> None:
    sender.submit(lambda: {"at": object, "title": "lone \ud800 half", "é": 1})

    assert sender.flush()
    assert line.bodies[0][0]["title"] == "lone ? half"


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
