"""Which of some reports the store refuses, where it refused them together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tracker.ingest.arrivals import Arrival
from tracker.ingest.rows.store_trouble import TooManyPoisonReports

# A batch of 1,000 with one bad report takes 20; the writer serves others meanwhile not.
MOST_TRIES = 200


def find_poison(
    arrivals: Sequence[Arrival],
    try_out: Callable[[Sequence[Arrival]], Exception | None],
) -> dict[int, Exception]:
    """By halves: the places of those refused, and why. `try_out` stores nothing, and
    answers what the store has against these.
    """
    poison: dict[int, Exception] = {}
    tries = 0

    def look(start: int, end: int) -> None:
        nonlocal tries
        if start == end:
            return
        tries += 1
        error = (
            try_out(arrivals[start:end])
            if tries <= MOST_TRIES
            else TooManyPoisonReports()
        )
        if error is None:
            return
        if end - start == 1 or isinstance(error, TooManyPoisonReports):
            poison.update(dict.fromkeys(range(start, end), error))
            return
        middle = (start + end) // 2
        look(start, middle)
        look(middle, end)

    look(0, len(arrivals))
    return poison
