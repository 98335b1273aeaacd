"""manage.py verify [--repair]: recount what ingest keeps beside the stored facts."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

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
