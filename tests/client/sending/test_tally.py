"""Counts of reports, and what is logged of them."""

from __future__ import annotations

import logging
import threading

import pytest

from tracker.client.sending import tally as module
from tracker.client.sending.tally import Delivery, Tally


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]


def test_what_became_of_reports_is_counted_with_the_reasons() -> None:
    tally = Tally()

    tally.store(7)
    tally.refuse(2, "422 model: too long")
    tally.refuse(1, "422 model: too long")
    tally.lose(4, "the queue was full")

    assert tally.delivery() == Delivery(
        stored=7,
        refused=3,
        lost=4,
        reasons={"422 model: too long": 3, "the queue was full": 4},
    )
    assert tally.unstored == 7


def test_the_problem_is_there_until_the_server_answers() -> None:
    tally = Tally()

    tally.wait("401 unknown key")
    assert tally.delivery() == Delivery(problem="401 unknown key")

    tally.answered()
    assert tally.delivery() == Delivery()


def test_each_reason_is_logged_once_an_hour(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1_000.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    tally = Tally()
    for _ in range(3):
        tally.wait("401 unknown key")
        tally.lose(1, "the queue was full")
    assert warnings(caplog) == [
        "reports wait until the server takes them: 401 unknown key",
        "reports were lost: the queue was full",
    ]

    now[0] += 3_600
    tally.wait("401 unknown key")

    assert len(warnings(caplog)) == 3


def test_reasons_that_are_all_different_fill_neither_log_nor_memory(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tally = Tally()
    for number in range(1_000):
        tally.refuse(1, f"422 session: {number} is odd")

    assert len(warnings(caplog)) == module.REASONS
    delivery = tally.delivery()
    assert len(delivery.reasons) == module.REASONS + 1
    assert sum(delivery.reasons.values()) == delivery.refused == 1_000
    assert delivery.reasons[module.OTHER_REASONS] == 1_000 - module.REASONS


def test_counts_of_many_threads_are_exact() -> None:
    tally = Tally()

    def count() -> None:
        for _ in range(2_000):
            tally.lose(1, "full")
            tally.store(1)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    delivery = tally.delivery()
    assert (delivery.lost, delivery.stored) == (8_000, 8_000)
    assert delivery.reasons == {"full": 8_000}
