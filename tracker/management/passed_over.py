"""Session files that are not read: counted by the reason, or said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tracker.sources.transcripts.folders import OTHER_KIND


@dataclass(slots=True)
class PassedOver:
    """How many files an import passed over, by the reason.

    `unknown` are of no known format, `unreadable` could not be opened or listed.
    """

    unknown: Counter[str] = field(default_factory=Counter)
    unreadable: Counter[str] = field(default_factory=Counter)

    def take(self, path: str, reason: str) -> None:  # noqa: ARG002  # as SaidOnce's
        """Count a file that the walk through the folders left out."""
        is_other = reason.startswith(OTHER_KIND)
        (self.unknown if is_other else self.unreadable)[reason] += 1

    def rows(self) -> Iterator[tuple[str, int]]:
        """Names and numbers for a table: both totals, each above its reasons."""
        yield from _with_reasons("files of no known format", self.unknown)
        yield from _with_reasons("files that cannot be read", self.unreadable)


class SaidOnce:
    """Says of each reason once that files are passed over, naming the first one."""

    def __init__(self, say: Callable[[str], object]) -> None:
        self._say = say
        self._reasons: set[str] = set()

    def take(self, path: str, reason: str) -> None:
        if reason not in self._reasons:
            self._reasons.add(reason)
            self._say(f"Not followed: {path} ({reason}); others like it are not named.")


def _with_reasons(name: str, reasons: Counter[str]) -> Iterator[tuple[str, int]]:
    yield name, reasons.total()
    for reason, number in sorted(reasons.items(), key=lambda item: (-item[1], item[0])):
        yield f"  {reason}", number
