"""manage.py backup PATH: copy the SQLite database of a running server."""

from __future__ import annotations

import os
import sqlite3
from argparse import ArgumentParser
from contextlib import closing
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection


class Command(BaseCommand):
    help = (
        "Copy the SQLite database to PATH while the server runs. The copy is one "
        "file, consistent and checked. Writers do not wait."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path)
        parser.add_argument(
            "--overwrite", action="store_true", help="replace an existing file"
        )

    def handle(self, *args: Any, path: Path, overwrite: bool, **_: Any) -> None:
        if connection.vendor != "sqlite":
            raise CommandError(
                "This database is PostgreSQL: use pg_dump -Fc (docs/operations.md)."
            )
        if path.exists() and not overwrite:
            raise CommandError(f"{path} exists: give another name or --overwrite.")
        partial = path.with_name(f".{path.name}.partial")
        try:
            copy(str(connection.settings_dict["NAME"]), partial)
            rows = check(partial)
            os.replace(partial, path)
        except (OSError, sqlite3.Error) as error:
            raise CommandError(f"No backup was made: {error}.") from error
        finally:
            partial.unlink(missing_ok=True)
        size = path.stat().st_size / 2**20
        self.stdout.write(f"{path}: {size:,.1f} MiB, {rows:,} sessions, checked.")


def copy(source: str, target: Path) -> None:
    """Copy within one read transaction: consistent, and no writer waits."""
    target.unlink(missing_ok=True)
    # 0600: it holds conversations.
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    address = f"{Path(source).resolve().as_uri()}?mode=ro"
    with (
        closing(sqlite3.connect(address, uri=True, timeout=20)) as live,
        closing(sqlite3.connect(target)) as made,
    ):
        live.backup(made, pages=-1)
        # Else the copy would need a second file, its write-ahead log.
        made.execute("PRAGMA journal_mode=DELETE")
    with open(target, "rb") as written:
        os.fsync(written.fileno())


def check(path: Path) -> int:
    """Return how many sessions it holds. Raises sqlite3.DatabaseError when damaged."""
    with closing(sqlite3.connect(path)) as copy:
        found = copy.execute("PRAGMA integrity_check").fetchall()
        if found != [("ok",)]:
            raise sqlite3.DatabaseError(f"the copy is damaged: {found[0][0]}")
        if copy.execute("PRAGMA foreign_key_check").fetchone():
            raise sqlite3.DatabaseError("the copy has rows that refer to missing ones")
        rows = copy.execute("SELECT count(*) FROM tracker_llmsession").fetchone()
        return int(rows[0])
