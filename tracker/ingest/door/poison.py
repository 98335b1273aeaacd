"""Commits a group although the database refuses some of its reports.

A poison report makes every transaction fail that holds it: a number is out of a
column's range, a text holds what the database does not take, or judging it raises.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence

from tracker.ingest.arrivals import Answer, Arrival, Rejection
from tracker.ingest.rows.store_trouble import UNSTORABLE, is_away

# For one lot. A lot of 1,000 reports with one poison report takes about 20
# transactions; nothing else is written meanwhile.
MOST_TRIES = 200
NOT_TRIED = Rejection(
    "",
    "this report was not tried, because too many others were refused: send it again",
    503,
)
Commit = Callable[[list[Arrival]], list[Answer]]
logger = logging.getLogger(__name__)


def commit_good(
    lots: Sequence[Sequence[Arrival]],
    commit: Commit,
    answers: list[Answer],
    tries: Iterator[int] | None = None,
) -> None:
    """Commit the reports of all lots, but for poison reports, which are rejected.

    All go in one transaction. Where that fails, its two halves are tried apart, and so
    on: first whole lots, then the reports of one lot. A lot of nothing but poison
    reports uses up only its own `tries`.

    Appends to `answers` one for each report, in order. Raises when the database is
    away: `answers` then holds those of the reports that were committed before.

    Of the lots [a] and [b, poison] it tries all three reports, then a, then b with
    poison, then b, then poison.
    """
    if tries is not None and next(tries, None) is None:
        answers += [NOT_TRIED] * sum(map(len, lots))
        return
    arrivals = [arrival for lot in lots for arrival in lot]
    try:
        answers += commit(arrivals)
        return
    except Exception as error:
        if is_away(error):
            raise
        if len(arrivals) == 1:
            answers.append(_rejected(arrivals[0], error))
            return
    if len(lots) == 1:
        lots, tries = [[arrival] for arrival in arrivals], iter(range(MOST_TRIES))
    middle = len(lots) // 2
    commit_good(lots[:middle], commit, answers, tries)
    commit_good(lots[middle:], commit, answers, tries)


def _rejected(arrival: Arrival, error: Exception) -> Rejection:
    is_unstorable = isinstance(error, UNSTORABLE)
    kind = type(error).__name__
    logger.error(
        "Report %r of session %r was refused by the database: %s",
        arrival.report.event_id,
        arrival.report.session,
        kind,
        # The database's own words may quote the report's text.
        exc_info=None if is_unstorable else error,
    )
    if is_unstorable:
        return Rejection(
            "",
            "the database cannot store this report: a number is out of range, or "
            f"a text holds what it does not take ({kind})",
        )
    return Rejection("", "the server failed on this report: its log says why", 503)
