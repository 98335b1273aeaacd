"""SQLite: notices that the database's file was replaced while the server runs.

Open connections keep using the old file even when it has no name any more: reports
acknowledged from then on would be lost with it.
"""

from __future__ import annotations

import os

from django.db import OperationalError, connection

_opened: tuple[int, int] | None = None  # device and inode


def remember() -> None:
    """Call before the first connection of a serving process is opened, or where it is
    known to be of this file. Without a file (PostgreSQL, in memory) nothing is noticed.
    """
    global _opened
    _opened = _there_is()


def refuse_another() -> None:
    """Raises OperationalError where the path leads to another file, or to none. Takes
    2 us.
    """
    if is_another():
        raise OperationalError("the database file was replaced")


def is_another() -> bool:
    return _opened is not None and _there_is() != _opened


def _there_is() -> tuple[int, int] | None:
    if connection.vendor != "sqlite":
        return None
    try:
        found = os.stat(connection.settings_dict["NAME"])
    except OSError:
        return None
    return found.st_dev, found.st_ino
