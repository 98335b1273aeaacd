"""Waits until something below some paths has changed, without looking at each file.

The system tells of changes (inotify, through watchfiles). Where it cannot, every look
is a look at all files: on file systems of other machines, without the package, with
more folders than the system watches.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator, Sequence, Set
from pathlib import Path
from typing import Any

from tracker.sources.transcripts.agents.registry import may_be_a_session
from tracker.sources.transcripts.finding.folders import ENDINGS

# Some changes are never reported: a file behind a link, an event that was lost.
LOOK_AGAIN_SECONDS = 30.0
_STEP_MS = 200  # two such steps pass before a change is told
# Whoever changes a file there, this machine's kernel does not hear of it.
_FOREIGN = ("nfs", "cifs", "smb", "9p", "fuse", "vboxsf", "afs", "ceph", "virtiofs")
logger = logging.getLogger(__name__)


class Changes:
    """What changed below `paths`, which are absolute.

    `wait` returns at once when something changed, else after `interval` seconds: the
    files to look at, or None for all of them.
    """

    def __init__(
        self, paths: Sequence[Path], *, stop: threading.Event, interval: float
    ) -> None:
        self._paths = paths
        self._stop = stop
        self._interval = interval
        self._events: Iterator[Any] | None = None
        self._watched: list[str] = []
        self._is_new = False
        self._is_poll_needed = any(map(_is_foreign, paths))
        self._looked_at = time.monotonic()

    def wait(self, known: Set[str]) -> set[str] | None:
        """`known` are the files that are followed."""
        events = None if self._is_poll_needed else self._begun()
        if events is None:
            self._stop.wait(self._interval)
            return None
        if self._is_new:
            self._is_new = False
            return None  # what changed before it began
        try:
            found = next(events, None)
        except OSError as error:  # a watched folder is gone
            logger.info("Looking at all session files again: %s", error)
            found = None
        if found is None:
            self._end()
            return None
        if time.monotonic() - self._looked_at >= LOOK_AGAIN_SECONDS:
            self._looked_at = time.monotonic()
            return None
        names = {_plain(path) for _, path in found}
        if any(_is_news(name, name in known) for name in names):
            return None
        return {name for name in names if name in known}

    def close(self) -> None:
        self._end()

    def _begun(self) -> Iterator[Any] | None:
        """Watch what is there; None where nothing is yet, or it cannot be watched."""
        there = [str(path) for path in self._paths if path.exists()]
        if self._events is not None and there == self._watched:
            return self._events
        self._end()
        if not there:
            return None
        try:
            import watchfiles
        except ImportError:
            self._is_poll_needed = True
            return None
        events = watchfiles.watch(
            *there,
            watch_filter=None,
            step=_STEP_MS,
            debounce=2 * _STEP_MS,
            stop_event=self._stop,
            rust_timeout=max(1, int(self._interval * 1000)),
            yield_on_timeout=True,
            raise_interrupt=True,
            force_polling=False,
            ignore_permission_denied=True,
        )
        try:
            next(events, None)  # it begins here, or says why it cannot
        except OSError as error:
            logger.warning("Session files are looked at one by one: %s", error)
            self._is_poll_needed = True
            return None
        self._events, self._watched, self._is_new = events, there, True
        return events

    def _end(self) -> None:
        events, self._events, self._watched = self._events, None, []
        if events is not None and hasattr(events, "close"):
            events.close()


def _plain(path: str) -> str:
    """A database grows in its write-ahead log first."""
    return path.removesuffix("-wal")


def _is_news(name: str, is_known: bool) -> bool:
    """Whether it may be a new session's file, or a folder of some, or one that went."""
    if not is_known and (name.endswith(ENDINGS) or may_be_a_session(name)):
        return True
    return not os.path.isfile(name)


def _is_foreign(path: Path) -> bool:
    """Whether it lies, or will lie, on a file system that tells of no changes."""
    best, kind = "", ""
    try:
        mounts = Path("/proc/self/mountinfo").read_text("utf-8", "replace")
    except OSError:
        return True  # no Linux
    for line in mounts.splitlines():
        fields = line.split()
        place = fields[4].replace("\\040", " ")
        is_above = place == "/" or path == Path(place) or Path(place) in path.parents
        if is_above and len(place) >= len(best):
            best, kind = place, fields[fields.index("-") + 1]
    return kind.startswith(_FOREIGN)
