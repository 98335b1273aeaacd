"""Worker processes for compression.

A compression takes about a second of pure Python. In the server's own process it would
hold the GIL, and no report could be taken meanwhile.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from django.conf import settings
from django.db import close_old_connections, connection

from tracker.workers.watch import watch

Result = TypeVar("Result")
_lock = threading.Lock()
_pool: ProcessPoolExecutor | None = None


class WorkersAway(RuntimeError):
    """The worker was killed twice during one call, most likely for lack of memory."""


def run_in_worker(function: Callable[..., Result], *args: Any) -> Result:
    """Call an importable function in a worker and wait. Its exceptions come back.

    A worker that was killed is replaced once; then WorkersAway.
    """
    if connection.vendor != "sqlite":
        close_old_connections()  # others can use the connection while this waits
    with watch.call(WorkersAway):
        for _ in range(2):
            pool = _get_pool()
            try:
                return pool.submit(function, *args).result()
            except (BrokenProcessPool, CancelledError):
                _retire(pool)
        raise WorkersAway(
            "the compression worker was killed twice; it may need more memory"
        )


def _retire(pool: ProcessPoolExecutor) -> None:
    """Replace a broken pool once, also when several threads waited for it."""
    global _pool
    with _lock:
        if _pool is not pool:
            return
        _pool = None
    pool.shutdown(wait=False)


def _get_pool() -> ProcessPoolExecutor:
    global _pool
    with _lock:
        if _pool is None:
            _pool = ProcessPoolExecutor(
                settings.COMPRESSION_WORKERS,
                # Not fork: a child would inherit locks that other threads hold.
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_begin_worker,
                max_tasks_per_child=200,  # gives back the memory of large conversations
            )
        return _pool


def _begin_worker() -> None:
    """Lower priority than the server: reports come first."""
    os.nice(10)
    # Ctrl-C goes to every process of the terminal; the server stops its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with_parent()


def _end_with_parent() -> None:
    """End when the server ends, also when it is killed. The worker holds both ends of
    its queue, so it would never notice and wait forever.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(0)

    threading.Thread(target=watch, name="parent watch", daemon=True).start()


def stop_workers() -> None:
    global _pool
    with _lock:
        pool, _pool = _pool, None
    if pool is not None:
        pool.shutdown(wait=True, cancel_futures=True)
