"""What whoever reads session files remembers of them from one run to the next."""

from __future__ import annotations

from typing import Any, Protocol

from tracker.sources.transcripts.finding.looks import Look
from tracker.sources.transcripts.opening import SessionReader


class FileMemory(Protocol):
    """How far each file was read. `keep` is called after its reports are stored."""

    def look_of(self, name: str) -> Look | None:
        """How it looked when nothing was left to read; None before that."""

    def state_of(self, name: str) -> Any:
        """A reader's `state`; None if nothing is known."""

    def keep(self, name: str, look: Look | None, reader: SessionReader) -> None:
        """It was read as far as `reader` says; to its end, where there is a `look`."""

    def rest(self) -> None:
        """Called in each pause, a few times a second."""


class Forgetful:
    """Remembers nothing: every file is read from its start."""

    def look_of(self, name: str) -> Look | None:  # noqa: ARG002  # of none
        return None

    def state_of(self, name: str) -> Any:  # noqa: ARG002  # of none
        return None

    def keep(self, name: str, look: Look | None, reader: SessionReader) -> None:
        """Forget it."""

    def rest(self) -> None:
        """There is nothing to save."""
