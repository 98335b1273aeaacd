"""Reports that wait in memory for their next try."""

from __future__ import annotations

import pytest

from tracker.client.sending.second_tries import MOST_REPORTS, MOST_TRIES, SecondTries


@pytest.mark.parametrize(
    ("tries", "after", "wait"),
    [(1, None, 1), (2, None, 4), (4, None, 64), (1, 60.0, 60), (2, 0.0, 4)],
)
def test_each_wait_is_four_times_the_last_or_what_the_server_asks(
    tries: int, after: float | None, wait: float
) -> None:
    waiting = SecondTries()

    assert waiting.put([b"1"], tries=tries, now=100.0, after_seconds=after)

    assert waiting.next_due == 100.0 + wait
    assert waiting.take_due(100.0 + wait - 0.1) is None
    due = waiting.take_due(100.0 + wait)
    assert due is not None
    assert (due.reports, due.tries) == ([b"1"], tries)
    assert (waiting.count, waiting.next_due) == (0, None)


def test_what_was_tried_too_often_is_not_kept() -> None:
    waiting = SecondTries()

    assert waiting.put([b"1"], tries=MOST_TRIES - 1, now=0)
    assert not waiting.put([b"2"], tries=MOST_TRIES, now=0)
    assert waiting.count == 1


def test_no_more_than_a_limited_number_waits() -> None:
    waiting = SecondTries()

    assert waiting.put([b"1"] * MOST_REPORTS, tries=1, now=0)
    assert not waiting.put([b"2"], tries=1, now=0)


def test_what_is_not_taken_yet_can_be_taken_all_at_once() -> None:
    waiting = SecondTries()
    for number in range(3):
        waiting.put([b"%d" % number], tries=1, now=float(number))
    waiting.take_due(10.0)

    assert waiting.take_all() == [b"1", b"2"]
    assert waiting.count == 0
