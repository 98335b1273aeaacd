"""manage.py prune: forget what is older than each project keeps."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from tracker.ingest.pruning import Pruning


class Command(BaseCommand):
    help = (
        "Forget samples, events, compressions and idle sessions older than their "
        "project's retention days. Runs beside the server; call it daily (cron)."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        pruned = Pruning(now=timezone.now()).run()
        if not pruned.counts:
            self.stdout.write("Nothing is older than its project keeps.")
            return
        told = ", ".join(f"{n:,} {kind}" for kind, n in sorted(pruned.counts.items()))
        self.stdout.write(
            f"Forgot {told}; longest transaction {pruned.longest * 1000:.0f} ms."
        )
