"""Reads session files part by part, in a worker process or in the caller's own."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from tracker.domain.compression_words import Keeping
from tracker.domain.conversation.text.text_repair import repair_data
from tracker.domain.reports import CompressionReport
from tracker.sources.transcripts.claude_code.copies import Copies
from tracker.sources.transcripts.finding.folders import why_unreadable
from tracker.sources.transcripts.finding.looks import Look
from tracker.sources.transcripts.following.news import Report, TranscriptNews
from tracker.sources.transcripts.following.reader import NotATranscript
from tracker.sources.transcripts.opening import SessionReader, open_session
from tracker.workers.jobs.review import texts_alone

PART_BYTES = 4 * 1024 * 1024
# A file, or a compaction, that is so old is history: nothing more is written to the
# file, and a review of the compaction can wait until all samples are stored.
FINISHED_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class FileOrder:
    """A file to read to its end. `look` is how it was found; `state` a reader's, as
    JSON, "" to read from the start; `keeping` what the project keeps of messages.
    """

    name: str
    look: Look
    state: str
    keeping: Keeping

    @property
    def is_old(self) -> bool:
        return time.time() - self.look[1] / 1e9 > FINISHED_SECONDS


@dataclass(frozen=True, slots=True)
class CameSince:
    """What a lane holds since its last compaction: `messages` are JSON; None: a reader
    with the file's state tells them (`came_since`).
    """

    session: str
    lane: str
    messages: str | None


@dataclass(slots=True)
class FilePart:
    """What one reading of a file brought. `state` is the reader's afterwards, as JSON.

    `why` says why the file was not read, or not to its end; then it is the last part.
    `is_unknown`: no client here wrote it.
    """

    name: str
    reports: list[Report] = field(default_factory=list)
    since: list[CameSince] = field(default_factory=list)
    sessions: Sequence[str] = ()
    lines: int = 0
    malformed_lines: int = 0
    bytes_read: int = 0
    state: str = ""
    is_last: bool = True
    why: str = ""
    is_unknown: bool = False


class FileParser:
    """Reads one file after the other. After `is_last`, `begin` the next one."""

    def __init__(self) -> None:
        self._copies = Copies()
        self._order: FileOrder | None = None
        self._reader: SessionReader | None = None

    def begin(self, order: FileOrder) -> None:
        self._order, self._reader = order, None

    def next_part(self) -> FilePart:
        order = self._order
        assert order is not None, "begin a file first"
        try:
            reader = self._reader = self._reader or self._opened(order)
            return self._read(reader, order)
        except NotATranscript as error:
            return FilePart(order.name, why=error.reason, is_unknown=True)
        except OSError as error:  # perhaps it is gone meanwhile
            return FilePart(order.name, why=why_unreadable(error))

    def _opened(self, order: FileOrder) -> SessionReader:
        state = msgspec.json.decode(order.state) if order.state else None
        return open_session(order.name, copies=self._copies, state=state)

    def _read(self, reader: SessionReader, order: FileOrder) -> FilePart:
        news = reader.read_new(PART_BYTES)
        part = part_of(news, order.keeping)
        part.is_last = news.is_complete or not news.bytes_read
        if part.is_last and order.is_old:
            told = part_of(reader.flush(later=True), order.keeping)
            part.reports += told.reports
            part.since = told.since
        part.state = msgspec.json.encode(reader.state).decode()
        return part


def part_of(news: TranscriptNews, keeping: Keeping) -> FilePart:
    """The news, ready to be stored. Its last part: whoever reads on says otherwise."""
    return FilePart(
        str(news.path),
        [_ready(report, keeping) for report in news.reports],
        [*_since(news), *(CameSince(*lane, None) for lane in news.unread)],
        list(news.sessions),
        news.lines,
        news.malformed_lines,
        news.bytes_read,
    )


def _since(news: TranscriptNews) -> list[CameSince]:
    return [
        CameSince(found.session, found.lane, _json(found.messages))
        for found in news.continuations
    ]


def came_since(name: str, state: str) -> list[CameSince]:
    """What each lane of a finished file holds since its last compaction, with the
    messages; [] where the file is gone. `state` is its reader's, as JSON.
    """
    try:
        reader = open_session(name, state=msgspec.json.decode(state))
        return _since(reader.flush())
    except (OSError, NotATranscript):
        return []


def _ready(report: Report, keeping: Keeping) -> Report:
    """An old compaction's texts are written, and its review follows. A young one is
    reviewed at once: somebody may wait for an alert about it. So is one of a project
    that does not keep the messages as they are, for they are not there later.
    """
    if not isinstance(report, CompressionReport) or report.before is None:
        return report
    can_wait = keeping.mode == "yes" and is_old(report)
    return texts_alone(report, keeping) if can_wait else report


def is_old(report: CompressionReport) -> bool:
    at = report.at
    return at is not None and time.time() - at.timestamp() > FINISHED_SECONDS


def _json(messages: list[dict[str, Any]]) -> str:
    try:
        return msgspec.json.encode(messages).decode()
    except UnicodeError:  # lone surrogates
        return msgspec.json.encode(repair_data(messages)).decode()


_parser: FileParser | None = None


def read_part(order: FileOrder | None) -> FilePart:
    """For a worker process: the first part of this file, or the next of the last."""
    global _parser
    _parser = _parser or FileParser()
    if order is not None:
        _parser.begin(order)
    return _parser.next_part()
