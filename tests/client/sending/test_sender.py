"""The sender's thread, and what flush() and close() promise."""

from __future__ import annotations

import itertools
import json
import logging
import threading
import time
from typing import Any

import pytest

from tests.client.fake_transport import LATER, STORED, FakeTransport, later, make, soon
from tracker.client.sending.receipts import Receipt
from tracker.client.sending.sender import Sender
from tracker.client.sending.spool import Spool
from tracker.client.sending.tally import Delivery


def test_reports_go_out_in_batches_and_in_order(
    sender: Sender, transport: FakeTransport
) -> None:
    for number in range(250):
        sender.submit(make(number))

    assert sender.flush()
    assert max(len(batch) for batch in transport.batches) <= 100
    assert len(transport.batches) < 20
    assert transport.numbers == list(range(250))
    assert sender.delivery == Delivery(stored=250)


def test_reports_go_out_without_being_flushed(
    sender: Sender, transport: FakeTransport
) -> None:
    sender.submit(make(1))

    assert soon(lambda: transport.numbers == [1])


def test_flush_is_false_once_for_what_was_refused(
    sender: Sender, transport: FakeTransport, caplog: pytest.LogCaptureFixture
) -> None:
    transport.answer = lambda batch: Receipt("settled", refused={0: "422 too long"})
    sender.submit(make(1))
    assert not sender.flush()

    transport.answer = lambda batch: STORED
    sender.submit(make(2))

    assert sender.flush()
    assert sender.delivery == Delivery(stored=1, refused=1, reasons={"422 too long": 1})
    warnings = [r for r in caplog.records if r.levelno == logging.WARNING]
    assert [r.getMessage() for r in warnings] == ["reports were refused: 422 too long"]


def test_flush_is_false_for_what_was_refused_before_it_was_called(
    sender: Sender, transport: FakeTransport
) -> None:
    transport.answer = lambda batch: Receipt("settled", refused={0: "422 too long"})
    sender.submit(make(1))
    assert soon(lambda: sender.delivery.refused == 1)

    assert not sender.flush()


def test_flush_is_false_for_a_report_that_could_not_be_made(
    sender: Sender, transport: FakeTransport
) -> None:
    sender.submit(lambda: {"n": 1 / 0})  # the point
    sender.submit(make(1))

    assert not sender.flush()
    assert transport.numbers == [1]


def test_flush_is_false_while_a_report_waits_to_be_sent_again(
    sender: Sender, transport: FakeTransport
) -> None:
    transport.answer = lambda batch: Receipt("settled", again=(0,))
    sender.submit(make(1))

    assert not sender.flush()
    assert not sender.flush()


def test_flush_does_not_wait_for_the_end_of_an_outage(
    sender: Sender, transport: FakeTransport
) -> None:
    transport.answer = later
    sender.submit(make(1))
    started = time.monotonic()

    assert not sender.flush(120)
    assert time.monotonic() - started < 60
    assert sender.delivery.problem == "503 not now"


def test_flush_waits_no_longer_than_it_may(
    sender: Sender, transport: FakeTransport
) -> None:
    gate = threading.Event()
    transport.answer = lambda batch: STORED if gate.wait(60) else LATER
    sender.submit(make(1))

    assert not sender.flush(0.05)
    gate.set()
    assert sender.flush()


def test_flush_ends_though_other_threads_go_on_reporting(
    sender: Sender, transport: FakeTransport
) -> None:
    is_over = threading.Event()
    numbers = itertools.count()

    def submit_always(batch: list[Any]) -> Receipt:
        if not is_over.is_set():
            sender.submit(make(next(numbers)))
        return STORED

    transport.answer = submit_always  # after each batch there is another report
    sender.submit(make(-1))

    assert sender.flush(10)
    is_over.set()


def test_flushes_of_several_threads_all_end(
    sender: Sender, transport: FakeTransport
) -> None:
    answers: list[bool] = []

    def report(number: int) -> None:
        sender.submit(make(number))
        answers.append(sender.flush())

    threads = [threading.Thread(target=report, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [True] * 8


def test_a_full_queue_drops_the_oldest(transport: FakeTransport, spool: Spool) -> None:
    gate = threading.Event()
    transport.answer = lambda batch: STORED if gate.wait(60) else LATER
    sender = Sender(transport, spool, queue_reports=10, gather_seconds=0)
    sender.submit(make(-1))
    assert soon(lambda: bool(transport.batches))

    for number in range(15):
        sender.submit(make(number))
    gate.set()

    assert not sender.flush()
    assert transport.numbers == [-1, *range(5, 15)]
    assert sender.delivery.reasons == {"the queue was full": 5}
    sender.close()


def test_after_an_outage_all_goes_out_by_itself(
    sender: Sender, transport: FakeTransport, spool: Spool
) -> None:
    transport.answer = later
    sender.submit(make(1))
    assert not sender.flush()
    sender.submit(make(2))
    assert not sender.flush()
    assert transport.numbers == [1]  # the server is left alone for a while
    assert not spool.is_empty()

    transport.answer = lambda batch: STORED

    assert soon(lambda: transport.numbers[1:] == [1, 2])
    assert soon(sender.flush)
    assert sender.delivery == Delivery(stored=2)


def test_what_an_earlier_run_left_is_sent_by_the_next(
    sender: Sender, transport: FakeTransport, spool: Spool
) -> None:
    Spool(spool._folder).add(b'[{"n": 7}]')

    sender.submit(make(1))

    assert soon(lambda: transport.numbers == [1, 7])
    assert sender.flush()


def test_new_reports_do_not_wait_behind_what_earlier_runs_left(
    sender: Sender, transport: FakeTransport, spool: Spool
) -> None:
    earlier = Spool(spool._folder)
    for number in range(5):
        earlier.add(b'[{"n": %d}]' % number)

    def report_meanwhile(batch: list[Any]) -> Receipt:
        if batch == [{"n": 0}]:
            sender.submit(make(100))
        return STORED

    transport.answer = report_meanwhile
    sender.submit(make(99))

    assert soon(lambda: len(transport.numbers) == 7)
    assert transport.numbers[:3] == [99, 0, 100]


def test_flush_does_not_wait_for_what_earlier_runs_left(
    sender: Sender, transport: FakeTransport, spool: Spool
) -> None:
    earlier = Spool(spool._folder)
    for number in range(3):
        earlier.add(b'[{"n": %d}]' % number)
    gate = threading.Event()

    def hang_at_the_second(batch: list[Any]) -> Receipt:
        if batch == [{"n": 1}]:
            gate.wait(60)
        return STORED

    transport.answer = hang_at_the_second
    sender.submit(make(99))

    assert sender.flush(8)
    gate.set()


def test_a_fault_of_ours_loses_nothing_and_does_not_end_the_thread(
    sender: Sender, transport: FakeTransport, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(batch: list[Any]) -> Receipt:
        raise RuntimeError("a fault")

    transport.answer = broken
    sender.submit(make(1))
    assert not sender.flush()
    assert "a fault" in caplog.text

    transport.answer = lambda batch: STORED
    sender.submit(make(2))

    assert soon(lambda: sender.delivery.stored == 2)
    assert sorted(transport.numbers[-2:]) == [1, 2]


def test_what_is_reported_after_the_end_is_counted(
    transport: FakeTransport, spool: Spool
) -> None:
    sender = Sender(transport, spool, gather_seconds=0)
    sender.submit(make(1))
    sender.close()
    sender.close()
    assert sender.flush()

    sender.submit(make(2))

    assert not sender.flush()
    assert transport.numbers == [1]
    assert transport.is_closed
    assert sender.delivery.reasons == {"reported after close()": 1}


def test_closing_keeps_what_a_hanging_request_holds_and_what_waits(
    transport: FakeTransport, spool: Spool
) -> None:
    gate = threading.Event()
    transport.answer = lambda batch: STORED if gate.wait(60) else LATER
    sender = Sender(transport, spool, gather_seconds=0)
    sender.submit(make(1))
    assert soon(lambda: bool(transport.batches))
    for number in range(2, 103):
        sender.submit(make(number))
    started = time.monotonic()

    sender.close(0.1)

    assert time.monotonic() - started < 30
    gate.set()
    pieces = []
    while claim := spool.claim():
        pieces.append([report["n"] for report in json.loads(claim.body)])
    assert pieces == [list(range(1, 101)), [101, 102]]
    assert sender.delivery.lost == 0


def test_what_waits_for_another_try_is_kept_for_the_next_run(
    transport: FakeTransport, spool: Spool
) -> None:
    sender = Sender(transport, spool, gather_seconds=0)
    transport.answer = lambda batch: Receipt("settled", again=(0,))
    sender.submit(make(1))
    sender.flush()

    sender.close()

    claim = spool.claim()
    assert claim is not None
    assert json.loads(claim.body) == [{"n": 1}]


def test_a_program_that_ends_during_an_outage_leaves_the_server_alone(
    transport: FakeTransport, spool: Spool
) -> None:
    sender = Sender(transport, spool, gather_seconds=0)
    transport.answer = later
    sender.submit(make(1))
    assert not sender.flush()
    sender.submit(make(2))

    sender.close()

    assert transport.numbers == [1]
    assert not spool.is_empty()


def test_a_reset_forgets_all_that_is_the_parents(
    transport: FakeTransport, spool: Spool
) -> None:
    sender = Sender(transport, spool, gather_seconds=0)
    transport.answer = later
    sender.submit(make(1))
    sender.close()
    resets = transport.resets

    sender.reset()

    assert transport.resets == resets + 1
    assert sender.delivery == Delivery()
    assert sender.flush()
    sender.close()
