"""Reads the session files of this machine and sends what is new."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from tracker.client.following.delivery import Delivery
from tracker.client.following.notebook import Notebook, Read
from tracker.sources.session_reports import Told, to_json
from tracker.sources.transcripts.claude_code.copies import Copies
from tracker.sources.transcripts.finding.folders import PassedOver
from tracker.sources.transcripts.following.follow import Follower
from tracker.sources.transcripts.following.news import FileDeleted, TranscriptNews
from tracker.sources.transcripts.following.reader import NotATranscript
from tracker.sources.transcripts.opening import SessionReader, open_session

LOOK_SECONDS = 1.0
FINISHED_SECONDS = 3600.0  # a file unchanged for so long is complete
FULL_BYTES = 256 << 20  # of reports that wait: then nothing more is read


class Following:
    """The session files below `paths`, read into a notebook and sent from it.

    Nothing is sent twice: a report leaves the notebook when the server has confirmed
    it, and a file is read on from where it was read before. While too much waits,
    nothing is read: the files keep it.
    """

    def __init__(
        self,
        paths: Iterable[Path],
        notebook: Notebook,
        delivery: Delivery,
        *,
        passed_over: PassedOver | None = None,
    ) -> None:
        self._notebook, self._delivery = notebook, delivery
        self._copies = Copies()
        # Also those that were read before a restart: nobody opens them any more.
        self._unfinished = set(map(Path, notebook.unfinished()))
        self._follower = Follower(
            paths,
            passed_over=passed_over,
            looks=notebook.looks(),
            open_file=self._open,
            deleted=self._delete,
        )
        self.files: set[Path] = set()
        self.sessions: set[str] = set()

    def turn(self) -> bool:
        """Read what is new, send some. True if more can be done at once.

        Raises KeyRefused and AnotherProject.
        """
        may_read = self._notebook.waiting_bytes < FULL_BYTES
        is_more_to_read = may_read and self._follower.tick(self._take)
        if may_read:
            self._finish()
        has_sent = self._delivery.send_some()
        return has_sent or is_more_to_read

    def run(self, stop: threading.Event, *, once: bool = False) -> None:
        """Until `stop` is set; with `once`, until all is read and the server has it or
        does not answer. Raises KeyRefused and AnotherProject.
        """
        self._delivery.greet()
        while not stop.is_set():
            if not self.turn():
                if once:
                    return
                stop.wait(LOOK_SECONDS)

    def _open(self, name: str) -> SessionReader:
        state = self._notebook.state_of(name)
        return open_session(name, copies=self._copies, state=state)

    def _take(self, news: TranscriptNews) -> None:
        reader = self._follower.reader_of(news.path)
        assert reader is not None  # it brought the news
        self._unfinished.add(news.path)
        self._note(news, reader)

    def _note(
        self, news: TranscriptNews, reader: SessionReader, *, is_finished: bool = False
    ) -> None:
        self.files.add(news.path)
        self.sessions.update(news.sessions)
        look = self._follower.look_of(news.path)
        read = Read(str(news.path), look, reader.state, list(news.sessions))
        told: list[Told] = [*news.reports, *news.continuations]
        bodies = [body for each in told if (body := _body(each))]
        self._notebook.note(read, bodies, is_finished=is_finished)

    def _delete(self, name: str) -> None:
        now = datetime.now(UTC)
        gone = self._notebook.sessions_of_only(name)
        told = [to_json(FileDeleted(each, now)) for each in gone]
        self._notebook.forget(name, told)
        self._unfinished.discard(Path(name))

    def _finish(self) -> None:
        """Report lines that wait for more, of files that no longer grow."""
        for path in list(self._unfinished):
            look = self._follower.look_of(path)
            if look is None or time.time() - look[1] / 1e9 <= FINISHED_SECONDS:
                continue
            with suppress(OSError, NotATranscript):  # gone since this look
                reader = self._follower.reader_of(path)
                if reader is None:  # read before a restart, or many files ago
                    reader = self._open(str(path))
                    # Files that their clients rewrite are read as a whole.
                    self._note(reader.read_new(), reader)
                self._note(reader.flush(), reader, is_finished=True)
                self._unfinished.discard(path)


def _body(told: Told) -> bytes | None:
    """None for a report without a time, which no server would take."""
    try:
        return to_json(told)
    except msgspec.ValidationError:
        return None
