"""Reports on which the server failed: sent again a few times, while others go on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MOST_TRIES = 5
MOST_REPORTS = 5_000
FIRST_WAIT = 1.0  # seconds; four times as long before each further try: 1, 4, 16, 64


@dataclass(frozen=True, slots=True)
class Waiting:
    """`reports` have been sent `tries` times; not again before `due` (monotonic)."""

    due: float
    tries: int
    reports: list[bytes]


class SecondTries:
    """Reports that wait in memory for their next try. For one thread alone."""

    def __init__(self) -> None:
        self._waiting: list[Waiting] = []

    def put(
        self,
        reports: Sequence[bytes],
        *,
        tries: int,
        now: float,
        after_seconds: float | None = None,
    ) -> bool:
        """Keep reports that have been sent `tries` times; False if that is too often,
        or if too many wait already.
        """
        if tries >= MOST_TRIES or self.count + len(reports) > MOST_REPORTS:
            return False
        wait = max(FIRST_WAIT * 4 ** (tries - 1), after_seconds or 0.0)
        self._waiting.append(Waiting(now + wait, tries, list(reports)))
        return True

    @property
    def count(self) -> int:
        return sum(len(waiting.reports) for waiting in self._waiting)

    @property
    def next_due(self) -> float | None:
        return min((waiting.due for waiting in self._waiting), default=None)

    def take_due(self, now: float) -> Waiting | None:
        """One entry that is due. The others stay, so that they are kept if the
        program ends while this one is sent.
        """
        for place, waiting in enumerate(self._waiting):
            if waiting.due <= now:
                return self._waiting.pop(place)
        return None

    def take_all(self) -> list[bytes]:
        waiting, self._waiting = self._waiting, []
        return [report for each in waiting for report in each.reports]
