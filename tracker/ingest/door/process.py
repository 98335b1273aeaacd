"""The writer of this process: made at its start, asked for by whoever reports."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

from django.conf import settings

from tracker.ingest.door.writer import Writer
from tracker.live.news import News

_lock = threading.Lock()
_writer: Writer | None = None


def start_writer(
    *,
    publish: Callable[[list[News]], None] | None = None,
    is_watched: Callable[[], bool] = lambda: True,
) -> Writer:
    """Start the process's writer, replacing one that was stopped."""
    global _writer
    with _lock:
        _writer = Writer(
            capacity=settings.INGEST_QUEUE_REPORTS,
            publish=publish,
            is_watched=is_watched,
        )
        _writer.start()
        return _writer


def stop_writer() -> None:
    """Write what waits, then end."""
    global _writer
    with _lock:
        if _writer is not None:
            _writer.stop()
        _writer = None


def get_writer() -> Writer:
    """The running writer. Where no server has started one (a shell), it is started
    without news: servers find its rows in the database.
    """
    if _writer is None:
        return start_writer()
    return _writer


def running_writer(stop: threading.Event) -> Writer | None:
    """Wait for the server to have started its writer; None when `stop` comes first."""
    while _writer is None:
        if stop.wait(0.05):
            return None
    return _writer


@contextlib.contextmanager
def writer_of_a_command() -> Iterator[Writer]:
    """A writer for as long as a command runs. It keeps no judgement log: that is of
    what servers take in.
    """
    writer = Writer(capacity=settings.INGEST_QUEUE_REPORTS, is_logged=False)
    writer.start()
    try:
        yield writer
    finally:
        writer.stop()
