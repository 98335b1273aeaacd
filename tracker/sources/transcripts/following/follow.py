"""Follows transcripts as clients write them: new files, and what old ones grow by."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from contextlib import suppress
from pathlib import Path

from tracker.sources.transcripts.claude_code.copies import Copies
from tracker.sources.transcripts.finding.folders import (
    PassedOver,
    transcript_looks,
    why_unreadable,
)
from tracker.sources.transcripts.finding.looks import Look, look_at
from tracker.sources.transcripts.following.memory import FileMemory, Forgetful
from tracker.sources.transcripts.following.news import TranscriptNews
from tracker.sources.transcripts.following.reader import NotATranscript
from tracker.sources.transcripts.following.watching import Changes
from tracker.sources.transcripts.formats import EMPTY
from tracker.sources.transcripts.opening import SessionReader, open_session

# Bytes read at once. Without portions one huge file would hold up all others.
_PORTION_BYTES = 8 * 1024 * 1024
# Readers kept in memory; the others are made again from the memory of their file.
_READERS = 256


class Follower:
    """Reads all session files below some paths. One `tick` checks each file once.

    A file whose look (size, times) is unchanged is not opened.

    - `memory`: how far files were read by an import or before a restart.
    - `passed_over`: called with each file that is not read, and why; at each tick for
      files that are not opened.
    - `looks`: the looks of files that were read to their end before.
    - `open_file`: opens a session file like `open_session`, or continues one. With it,
      or with a `memory`, only the readers used last are kept.
    - `deleted`: called with each file that was read and is gone while its folder has
      others. An empty folder may be a disk that is not mounted.
    """

    def __init__(
        self,
        paths: Iterable[str | Path],
        *,
        memory: FileMemory | None = None,
        passed_over: PassedOver | None = None,
        looks: Mapping[str, Look] | None = None,
        open_file: Callable[[str], SessionReader] | None = None,
        deleted: Callable[[str], object] | None = None,
    ) -> None:
        self._paths = [Path(path) for path in paths]
        self._readers: OrderedDict[str, SessionReader] = OrderedDict()
        self._memory = memory or Forgetful()
        is_remembered = memory is not None or open_file is not None
        self._most_readers = _READERS if is_remembered else float("inf")
        # How each file looked when nothing was left to read in it.
        self._looks: dict[str, Look] = dict(looks or {})
        self._gone: set[str] = set()
        self._unread: set[str] = set()  # their look differs from when they were read
        self._links: set[str] = set()
        self._open = open_file or self._opened
        self._copies = Copies()
        self._deleted = deleted or (lambda _: None)
        self._passed_over = passed_over or (lambda *_: None)

    @property
    def known(self) -> Set[str]:
        """The files that were looked at."""
        return self._looks.keys()

    def tick(
        self,
        on_reports: Callable[[TranscriptNews], None],
        names: Set[str] | None = None,
    ) -> bool:
        """Hand over what is new, file by file; True if more waits to be read.

        `names` are the files to look at, None for all. Besides these it looks at those
        that nothing tells of: links, and files that could not be read yet. A file that
        cannot be read now is asked again at the next tick, a file that is gone is
        forgotten.
        """
        is_more_waiting = False
        present = set()
        for name, look in self._files() if names is None else self._some(names):
            present.add(name)
            if self._seen(name) != look and not self._take(name, look, on_reports):
                is_more_waiting = True
        if names is None:
            self._forget_gone(present)
        self._memory.rest()
        return is_more_waiting

    def _take(
        self, name: str, look: Look, on_reports: Callable[[TranscriptNews], None]
    ) -> bool:
        """Hand over what is new in a file; False if more can be read in it at once."""
        self._unread.add(name)
        if self._rests(name):
            return True
        try:
            news = self._read(name)
        except OSError as error:
            self._passed_over(name, why_unreadable(error))
            return True
        is_whole = news is None or news.is_complete
        if is_whole:
            if name not in self._looks and os.path.islink(name):
                self._links.add(name)
            self._looks[name] = look
            self._unread.discard(name)
        if news is not None:
            if news.lines or news.has_restarted:
                on_reports(news)
            self._memory.keep(name, look if is_whole else None, self._readers[name])
        return is_whole

    def _forget_gone(self, present: set[str]) -> None:
        gone = self._looks.keys() - present
        for name in gone:
            if self._is_deleted(name, present):
                self._deleted(name)
        for name in gone:
            del self._looks[name]
            self._readers.pop(name, None)
            self._gone.add(name)
        self._unread &= present
        self._links &= present

    def _some(self, names: Set[str]) -> Iterator[tuple[str, Look]]:
        for name in sorted(self._unread.union(self._links, names)):
            with suppress(OSError):  # gone: the next look at all says so
                yield name, look_at(name, os.stat(name))

    def look_of(self, path: Path) -> Look | None:
        """How a file looked when it was read to its end; None if more waits in it."""
        return self._looks.get(str(path))

    def reader_of(self, path: Path) -> SessionReader | None:
        return self._readers.get(str(path))

    def _seen(self, name: str) -> Look | None:
        look = self._looks.get(name)
        if look is None and name not in self._readers and name not in self._gone:
            look = self._memory.look_of(name)
            if look is not None:
                self._looks[name] = look
                if os.path.islink(name):
                    self._links.add(name)
        return look

    def _is_deleted(self, name: str, present: set[str]) -> bool:
        above = [f"{path}{os.sep}" for path in self._paths]
        return any(
            name.startswith(folder) and any(p.startswith(folder) for p in present)
            for folder in above
        )

    def _rests(self, name: str) -> bool:
        reader = self._readers.get(name)
        return reader is not None and reader.rests()

    def _files(self) -> Iterator[tuple[str, Look]]:
        for path in self._paths:
            with suppress(FileNotFoundError):  # a folder the client has yet to make
                yield from transcript_looks(path, passed_over=self._passed_over)

    def _read(self, name: str) -> TranscriptNews | None:
        """None for a file of an unknown format, or too short to tell."""
        try:
            reader = self._readers.get(name) or self._open(name)
        except NotATranscript as error:
            if error.reason != EMPTY:
                self._passed_over(name, error.reason)
            return None
        self._readers[name] = reader
        self._readers.move_to_end(name)
        if len(self._readers) > self._most_readers:
            self._readers.popitem(last=False)
        return reader.read_new(_PORTION_BYTES)

    def _opened(self, name: str) -> SessionReader:
        state = None if name in self._gone else self._memory.state_of(name)
        reader = open_session(name, copies=self._copies, state=state)
        self._gone.discard(name)
        return reader


def follow(
    paths: Iterable[str | Path],
    *,
    on_reports: Callable[[TranscriptNews], None],
    interval: float = 0.5,
    stop: threading.Event,
    memory: FileMemory | None = None,
    passed_over: PassedOver | None = None,
    on_idle: Callable[[], object] | None = None,
    deleted: Callable[[str], object] | None = None,
) -> None:
    """Call `on_reports` with what comes, until `stop` is set, and `on_idle` each time
    that nothing is left to read.

    A change is seen within about `interval` seconds (watching.py), new files are, too.
    What `on_reports` raises ends the following: what it was given last is then not told
    again.
    """
    there = [Path(path).absolute() for path in paths]
    changes = Changes(there, stop=stop, interval=interval)
    names: Set[str] | None = None
    follower = Follower(there, memory=memory, passed_over=passed_over, deleted=deleted)
    while not stop.is_set():
        if not follower.tick(on_reports, names):
            if on_idle is not None:
                on_idle()
            names = changes.wait(follower.known)
    changes.close()
