"""The import of this person's session files, where the server may do it by a button.

`manage.py up` offers it; pages start it and show how far it is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a start without session files needs nothing of what reads them
    from tracker.sources.transcripts.finding.homes import FoundFolder
    from tracker.sources.transcripts.finding.passed_over import PassedOver


def _passed_over() -> PassedOver:
    from tracker.sources.transcripts.finding.passed_over import PassedOver

    return PassedOver()


@dataclass(slots=True)
class Progress:
    """What was read so far of `total_bytes`. `is_read`: everything that was there at
    the start is imported, and new lines are followed. `problem` says why it ended.
    """

    total_bytes: int = 0
    read_bytes: int = 0
    files: set[str] = field(default_factory=set)
    sessions: set[str] = field(default_factory=set)
    passed_over: PassedOver = field(default_factory=_passed_over)
    is_read: bool = False
    problem: str = ""

    @property
    def percent(self) -> int:
        if self.is_read:
            return 100
        return min(99, 100 * self.read_bytes // max(1, self.total_bytes))


Start = Callable[[Sequence[Path], Progress], object]


class AgentImport:
    """One for the process. `begin` starts the import once, and only where it was
    offered: on a server of several people, it would show one person's sessions to all.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._start: Start | None = None
        self.progress: Progress | None = None

    def offer(self, start: Start) -> None:
        with self._lock:
            self._start, self.progress = start, None

    def withdraw(self) -> None:
        """An import that has begun continues."""
        with self._lock:
            self._start = None

    @property
    def is_offered(self) -> bool:
        return self._start is not None

    def begin(self, found: Sequence[FoundFolder]) -> bool:
        """False if it was not offered, has begun, or there is nothing to import."""
        with self._lock:
            if self._start is None or self.progress is not None or not found:
                return False
            self.progress = Progress(total_bytes=sum(each.size for each in found))
            self._start([each.folder for each in found], self.progress)
            return True


agent_import = AgentImport()
