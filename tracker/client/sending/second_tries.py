"""Reports on which the server failed: sent again a few times, while others go on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tracker.client.sending.transport import Outcome

Report = dict[str, Any]

MOST_TRIES = 5
MOST_REPORTS = 5_000
FIRST_WAIT = 1.0  # seconds; four times as long before each further try


@dataclass(frozen=True, slots=True)
class Waiting:
    """`reports` have been sent `tries` times; not again before `due` (monotonic)."""

    due: float
    tries: int
    reports: list[Report]


class SecondTries:
    """What waits to be sent again. For the sender's thread alone while it runs."""

    def __init__(self) -> None:
        self._waiting: list[Waiting] = []

    def put(
        self, reports: list[Report], outcome: Outcome, *, tries: int, now: float
    ) -> int:
        """Keep those of `reports` that `outcome` wants again. `tries`: how often they
        have been sent. Answers how many are lost: tried too often, or too many.
        """
        again = reports if outcome.is_failed else _chosen(reports, outcome.again)
        if not again:
            return 0
        if tries >= MOST_TRIES or self.count + len(again) > MOST_REPORTS:
            return len(again)
        wait = max(FIRST_WAIT * 4 ** (tries - 1), outcome.after_seconds or 0.0)
        self._waiting.append(Waiting(now + wait, tries, again))
        return 0

    @property
    def count(self) -> int:
        return sum(len(waiting.reports) for waiting in self._waiting)

    @property
    def next_due(self) -> float | None:
        return min((waiting.due for waiting in self._waiting), default=None)

    def take_due(self, now: float) -> Waiting | None:
        """One at a time: what is not taken yet is kept when the program ends."""
        for place, waiting in enumerate(self._waiting):
            if waiting.due <= now:
                return self._waiting.pop(place)
        return None

    def take_all(self) -> list[Report]:
        waiting, self._waiting = self._waiting, []
        return [report for each in waiting for report in each.reports]


def _chosen(reports: list[Report], places: tuple[int, ...]) -> list[Report]:
    return [reports[place] for place in places if 0 <= place < len(reports)]
