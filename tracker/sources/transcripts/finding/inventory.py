"""What is in the clients' session folders: sessions, and files that are not read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tracker.sources.transcripts.finding.folders import (
    shown_path,
    transcript_looks,
    why_unreadable,
)
from tracker.sources.transcripts.finding.homes import client_folders
from tracker.sources.transcripts.following.reader import NotATranscript
from tracker.sources.transcripts.opening import open_session

_HEAD_BYTES = 1 << 16  # holds the name of a session


@dataclass(slots=True)
class Inventory:
    """One client's folder. `passed_over` counts what is not read by its reason."""

    client: str
    folder: Path
    sessions: set[str] = field(default_factory=set)
    files: int = 0
    size: int = 0
    newest: datetime | None = None
    passed_over: Counter[str] = field(default_factory=Counter)
    first_passed_over: dict[str, str] = field(default_factory=dict)

    def pass_over(self, path: str, reason: str) -> None:
        self.passed_over[reason] += 1
        self.first_passed_over.setdefault(reason, shown_path(path))

    def rows(self) -> Iterator[str]:
        """`Codex  12 sessions, 14 files, 3.2 MB, newest …`, then what is not read."""
        newest = f"newest {self.newest:%Y-%m-%d %H:%M} UTC" if self.newest else "empty"
        yield (
            f"{self.client:<20}{len(self.sessions):>7,} sessions, "
            f"{self.files:,} files, {self.size / 1e6:,.1f} MB, {newest} ({self.folder})"
        )
        for reason, count in self.passed_over.most_common():
            first = self.first_passed_over[reason]
            yield f"  not read: {count:,} × {reason}, like {first}"


def inventory(home: Path, environment: Mapping[str, str]) -> Iterator[Inventory]:
    """One for each known client that has a folder in `home`. Opens each file and reads
    its head; the files of clients that rewrite theirs are read whole.
    """
    for client, folder in client_folders(home, environment):
        if folder.is_dir():
            yield look_into(client, folder)


def look_into(client: str, folder: Path) -> Inventory:
    found = Inventory(client, folder)
    for name, look in transcript_looks(folder, passed_over=found.pass_over):
        try:
            sessions = open_session(name).read_new(_HEAD_BYTES).sessions
        except NotATranscript as error:
            found.pass_over(name, error.reason)
        except OSError as error:
            found.pass_over(name, why_unreadable(error))
        else:
            found.files += 1
            found.sessions.update(sessions)
            found.size += look[0]
            changed = datetime.fromtimestamp(look[1] / 1e9, UTC)
            found.newest = max(found.newest or changed, changed)
    return found
