"""manage.py restore FILE: put a backup in the place of the SQLite database."""

from __future__ import annotations

import os
import sqlite3
from argparse import ArgumentParser
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from budget_site.schema import known
from tracker.management.commands.backup import check, copy
from tracker.migrations._before_release import FIRST_STEPS, STEPS

BESIDE = ("", "-wal", "-shm")


class Command(BaseCommand):
    help = (
        "Check FILE, then put a copy of it in the place of the SQLite database. Stop "
        "the server first. The present database stays beside it under another name."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **_: Any) -> None:
        if connection.vendor != "sqlite":
            raise CommandError(
                "This database is PostgreSQL: use pg_restore (docs/operations.md)."
            )
        target = Path(connection.settings_dict["NAME"])
        connection.close()
        if not file.is_file():
            raise CommandError(f"There is no file {file}.")
        if target.exists() and file.samefile(target):
            raise CommandError(f"{file} is the database itself.")
        partial = target.with_name(f".{target.name}.restoring")
        try:
            copy(str(file), partial)
            rows = check(partial)
            _refuse_newer(partial)
            _refuse_while_open(target)
            kept = _put_aside(target)
            try:
                os.replace(partial, target)
            except OSError:
                if kept is not None:
                    _put_back(kept, target)
                raise
            _flush(target.parent)
        except (OSError, sqlite3.Error) as error:
            raise CommandError(f"Nothing was restored: {error}.") from error
        finally:
            partial.unlink(missing_ok=True)
        self.stdout.write(f"Restored {file}: {rows:,} sessions, checked.")
        if kept is not None:
            self.stdout.write(f"The former database is {kept}.")
        self.stdout.write(
            "Now run manage.py migrate and verify; then start the server."
        )


def _refuse_newer(path: Path) -> None:
    """Raises CommandError for a file that a later version has migrated."""
    with closing(sqlite3.connect(path)) as found:
        rows = found.execute(
            "SELECT name FROM django_migrations WHERE app = 'tracker'"
        ).fetchall()
    later = {name for (name,) in rows}.difference(known(), FIRST_STEPS, STEPS)
    if later:
        raise CommandError(
            f"Nothing was restored: the file is of a later version ({min(later)}). "
            "Install that version first."
        )


def _refuse_while_open(target: Path) -> None:
    """Raises CommandError where a program has the database open, though it be idle: it
    would write on into the file that is put aside.
    """
    if not target.exists():
        return
    with closing(sqlite3.connect(target, timeout=1)) as alone:
        try:
            # Every connection to a database with a log holds a lock that this excludes.
            alone.execute("PRAGMA locking_mode=EXCLUSIVE")
            alone.execute("BEGIN EXCLUSIVE")
            alone.execute("ROLLBACK")
        except sqlite3.OperationalError as error:
            raise CommandError(
                f"Nothing was restored: another program has {target} open ({error}). "
                "Stop the server, then run this again."
            ) from error
        except sqlite3.DatabaseError:
            return  # damaged: that is why it is replaced


def _put_aside(target: Path) -> Path | None:
    """Renames the present database and its log; None if there is no database."""
    if not target.exists():
        return None
    kept = target.with_name(f"{target.name}.before-{datetime.now(UTC):%Y%m%d-%H%M%S}")
    for end in BESIDE:
        part = target.with_name(target.name + end)
        if part.exists():
            os.replace(part, kept.with_name(kept.name + end))
    return kept


def _put_back(kept: Path, target: Path) -> None:
    """Undo `_put_aside`: what says that nothing was restored leaves all as it was."""
    for end in BESIDE:
        part = kept.with_name(kept.name + end)
        if part.exists():
            os.replace(part, target.with_name(target.name + end))


def _flush(folder: Path) -> None:
    """Else the names may be lost with the power."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
