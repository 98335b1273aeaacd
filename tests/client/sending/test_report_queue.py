"""Reports between the program's threads and the sender's."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from tests.client.fake_transport import make
from tracker.client.sending import report_queue
from tracker.client.sending.report_queue import BATCH_REPORTS, Mark, ReportQueue
from tracker.client.sending.tally import Delivery, Tally


@pytest.fixture
def tally() -> Tally:
    return Tally()


@pytest.fixture
def queue(tally: Tally) -> ReportQueue:
    return ReportQueue(200, tally)


def taken(queue: ReportQueue) -> list[Any]:
    reports: list[bytes] = []
    queue.take(reports)
    return [json.loads(report) for report in reports]


def test_batches_come_out_in_order_and_of_limited_length(queue: ReportQueue) -> None:
    for number in range(150):
        queue.append(make(number))

    first, second = taken(queue), taken(queue)

    assert len(first) == BATCH_REPORTS
    assert [report["n"] for report in first + second] == list(range(150))
    assert not queue


def test_large_reports_make_small_batches(
    queue: ReportQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_queue, "BATCH_BYTES", 1_000)
    for _ in range(5):
        queue.append(lambda: {"text": "x" * 600})

    assert [len(taken(queue)) for _ in range(3)] == [2, 2, 1]


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        ({"metadata": {(1, 2): 3}}, "keys must be"),
        ({"metadata": {"loss": float("nan")}}, "Out of range float"),
    ],
    ids=["tuple", "nan"],
)
def test_a_report_that_json_cannot_hold_is_lost_alone(
    report: Any, reason: str, queue: ReportQueue, tally: Tally
) -> None:
    queue.append(make(1))
    queue.append(lambda: report)
    queue.append(make(2))

    assert taken(queue) == [{"n": 1}, {"n": 2}]
    delivery = tally.delivery()
    assert delivery.lost == 1
    assert reason in str(delivery.reasons)


def test_a_report_that_contains_itself_is_lost_alone(
    queue: ReportQueue, tally: Tally
) -> None:
    endless: list[Any] = []
    endless.append(endless)
    queue.append(lambda: {"metadata": endless})
    queue.append(make(1))

    assert taken(queue) == [{"n": 1}]
    assert tally.delivery().lost == 1


def test_a_report_that_cannot_be_made_is_lost_and_one_that_is_none_is_not(
    queue: ReportQueue, tally: Tally
) -> None:
    queue.append(lambda: {"n": 1 / 0})  # the point
    queue.append(lambda: None)
    queue.append(make(1))

    assert taken(queue) == [{"n": 1}]
    (reason,) = tally.delivery().reasons
    assert "ZeroDivisionError" in reason
    assert tally.delivery().lost == 1


def test_when_it_is_full_the_oldest_is_lost(queue: ReportQueue, tally: Tally) -> None:
    for number in range(203):
        queue.append(make(number))

    assert len(queue) == 200
    assert taken(queue)[0] == {"n": 3}
    assert tally.delivery() == Delivery(lost=3, reasons={"the queue was full": 3})


def test_the_losses_of_many_threads_are_counted_exactly(tally: Tally) -> None:
    queue = ReportQueue(5, tally)
    barrier = threading.Barrier(5)
    sent: list[Any] = []
    is_over = threading.Event()

    def submit() -> None:
        barrier.wait(60)
        for number in range(2_000):
            queue.append(make(number))

    def send() -> None:
        barrier.wait(60)
        while not is_over.is_set() or queue:
            sent.extend(taken(queue))

    threads = [threading.Thread(target=submit) for _ in range(4)]
    sender = threading.Thread(target=send)
    for thread in (*threads, sender):
        thread.start()
    for thread in threads:
        thread.join()
    is_over.set()
    sender.join()

    assert len(sent) + tally.delivery().lost == 8_000


def test_a_mark_ends_the_batch_and_is_passed_once(queue: ReportQueue) -> None:
    mark = Mark()
    queue.append(make(1))
    queue.append(mark)
    queue.append(make(2))

    assert taken(queue) == [{"n": 1}]
    assert queue.has_reached_mark and not mark.passed.is_set()

    queue.pass_marks(is_stored=True)
    queue.pass_marks(is_stored=False)

    assert mark.passed.is_set() and mark.is_stored
    assert taken(queue) == [{"n": 2}]


def test_a_mark_that_a_full_queue_pushes_out_is_reached_and_no_loss(
    tally: Tally,
) -> None:
    queue = ReportQueue(2, tally)
    mark = Mark()
    queue.append(mark)
    for number in range(2):
        queue.append(make(number))

    assert queue.has_reached_mark
    queue.append(Mark())
    assert len(queue) == 3
    assert tally.delivery().lost == 0
