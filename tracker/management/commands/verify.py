"""manage.py verify [--repair]: recount what ingest keeps beside the stored facts."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from tracker.models import LLMSession
from tracker.upkeep.verifying import verify


class Command(BaseCommand):
    help = (
        "Recount the state of sessions, counts, parts and event keys from stored rows. "
        "Exits with 1 if a difference was not repaired."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--repair", action="store_true", help="correct what differs"
        )
        parser.add_argument(
            "--most",
            type=int,
            default=1_000,
            help="how many differences to show; default: 1,000",
        )

    def handle(self, *args: Any, repair: bool, most: int, **_: Any) -> None:
        if problem := damage():
            raise CommandError(
                f"The database file is damaged ({problem}). Stop the server and keep a "
                "copy of the file. Then put the newest backup in its place: manage.py "
                "restore FILE. Without a backup, sqlite3's .recover saves what can be "
                "read."
            )
        found = left = 0
        for difference in verify(repair=repair):
            found += 1
            left += not difference.is_repaired
            if found <= most:
                self.stdout.write(str(difference))
        if found > most:
            self.stdout.write(f"… and {found - most:,} more")
        checked = f"{LLMSession.objects.count():,} sessions checked"
        if not found:
            self.stdout.write(f"{checked}: everything adds up.")
            return
        self.stdout.write(f"{checked}: {found:,} differences, {left:,} not repaired.")
        if left:
            sys.exit(1)


def damage() -> str | None:
    """SQLite: what its own check of the file finds, or None. It reads the file once."""
    if connection.vendor != "sqlite":
        return None
    try:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA quick_check(1)")
            ((said,),) = cursor.fetchall()
    except DatabaseError as error:
        return str(error)
    return None if said == "ok" else str(said)
