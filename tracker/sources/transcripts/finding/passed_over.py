"""Session files that are not read: counted by the reason, or said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tracker.sources.transcripts.finding.folders import OTHER_KIND, shown_path

NAMED = 3  # files of one reason; a folder may hold thousands


@dataclass(slots=True)
class PassedOver:
    """How many files an import passed over, by reason, and the first ones of each. A
    file with the same reason counts once.

    `unknown` have no known format, `unreadable` could not be opened or listed.
    """

    unknown: Counter[str] = field(default_factory=Counter)
    unreadable: Counter[str] = field(default_factory=Counter)
    _first: dict[str, list[str]] = field(default_factory=dict)  # paths by reason
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def take(self, path: str, reason: str) -> None:
        """Count a file that the walk through the folders left out."""
        if reason.startswith(OTHER_KIND):
            self.take_unknown(path, reason)
        else:
            self.take_unreadable(path, reason)

    def take_unknown(self, path: str, reason: str) -> None:
        self._count(self.unknown, path, reason)

    def take_unreadable(self, path: str, reason: str) -> None:
        self._count(self.unreadable, path, reason)

    def _count(self, counts: Counter[str], path: str, reason: str) -> None:
        if (path, reason) in self._seen:
            return
        self._seen.add((path, reason))
        counts[reason] += 1
        first = self._first.setdefault(reason, [])
        if len(first) < NAMED:
            first.append(shown_path(path))

    def has(self, reason: str) -> bool:
        return reason in self._first

    def named(self) -> Iterator[str]:
        """A line for each of the first NAMED files of a reason, and how many more."""
        for reason, paths in sorted(self._first.items()):
            for path in paths:
                yield f"Passed over: {path} ({reason})"
            more = self.unknown[reason] + self.unreadable[reason] - len(paths)
            if more:
                yield f"Passed over: {more:,} more ({reason})"

    def rows_of_reasons(self) -> list[tuple[str, int, str]]:
        """Each reason, how many files, and the first of them; the most come first."""
        counts = self.unknown + self.unreadable
        return [(why, n, self._first[why][0]) for why, n in counts.most_common()]

    def rows(self) -> Iterator[tuple[str, int]]:
        """Names and numbers for a table: both totals, each above its reasons."""
        yield from _with_reasons("files of no known format", self.unknown)
        yield from _with_reasons("files that cannot be read", self.unreadable)


class SaidOnce:
    """Prints what is not followed: before the first `idle` as counts by reason,
    afterwards the first file of each new reason.
    """

    def __init__(
        self, say: Callable[[str], object], counts: PassedOver | None = None
    ) -> None:
        self.passed_over = counts or PassedOver()
        self._say = say
        self._is_begun = False

    def take(self, path: str, reason: str) -> None:
        is_new = not self.passed_over.has(reason)
        self.passed_over.take(path, reason)
        if is_new and self._is_begun:
            self._say(f"Not followed: {shown_path(path)} ({reason})")

    def idle(self) -> None:
        if not self._is_begun:
            self._is_begun = True
            for line in self.passed_over.named():
                self._say(line)


def _with_reasons(name: str, reasons: Counter[str]) -> Iterator[tuple[str, int]]:
    yield name, reasons.total()
    for reason, number in sorted(reasons.items(), key=lambda item: (-item[1], item[0])):
        yield f"  {reason}", number
