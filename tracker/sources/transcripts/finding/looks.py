"""How a file looks: what changes when it does."""

from __future__ import annotations

import os
from contextlib import suppress

# Size, mtime in ns and inode: a file that still looks so has not changed.
Look = tuple[int, int, int]


def look_at(path: str, stat: os.stat_result) -> Look:
    """How a file looks. A database grows in its write-ahead log first."""
    size, changed = stat.st_size, stat.st_mtime_ns
    if path.endswith(".db"):
        with suppress(OSError):
            log = os.stat(f"{path}-wal")
            size, changed = size + log.st_size, max(changed, log.st_mtime_ns)
    return size, changed, stat.st_ino
