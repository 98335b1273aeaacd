"""Worker processes for compression: a second of pure Python must hold neither the
event loop nor the GIL of the process that takes reports in.
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

Result = TypeVar("Result")
_lock = threading.Lock()
_pool: ProcessPoolExecutor | None = None


class WorkersAway(RuntimeError):
    """The worker ended twice over the same call: killed, most likely for memory."""


def run_in_worker(function: Callable[..., Result], *args: Any) -> Result:
    """Call an importable function in a worker and wait. Its exceptions come back.

    A worker that was killed is replaced once; then WorkersAway.
    """
    if connection.vendor != "sqlite":
        close_old_connections()  # back to the pool: others need it meanwhile
    for _ in range(2):
        pool = _get_pool()
        try:
            return pool.submit(function, *args).result()
        except (BrokenProcessPool, CancelledError):
            _retire(pool)
    raise WorkersAway("the compression worker ended twice; see the memory it may take")


def _retire(pool: ProcessPoolExecutor) -> None:
    """Several wait for a broken one: whoever comes second finds another there."""
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
                # Not fork: this process has threads, whose locks a child would keep.
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_begin_worker,
                max_tasks_per_child=200,  # gives memory of large conversations back
            )
        return _pool


def _begin_worker() -> None:
    """Reports come first: a compression takes what processor time they leave."""
    os.nice(10)
    # Ctrl-C reaches the whole terminal: whoever started this one ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with_parent()


def _end_with_parent() -> None:
    """Go when the server is gone, also when it was killed. The worker
    holds both ends of its queue and would wait there for ever.
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
