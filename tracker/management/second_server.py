"""SQLite: who starts a second server on the same data folder is told."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path

SECOND = (
    "Another server runs on the data in {}. Pages of one do not hear at once what is "
    "reported to the other: stop one of them, or give this one a folder of its own "
    "(make run DATA=…, or TOKEN_BUDGET_DATA=…)."
)


@contextlib.contextmanager
def told_of_another(folder: Path, say: Callable[[str], object]) -> Iterator[None]:
    """Prints a warning if a server uses this folder; otherwise locks it.

    The lock is on the folder itself: no file is left behind, and it ends with the
    process. A file system that has no locks tells nothing.
    """
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say(SECOND.format(folder))
    except OSError:
        pass
    try:
        yield
    finally:
        os.close(held)
