"""manage.py prune: forget what is older than each project keeps."""

from __future__ import annotations

import gc
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from tracker.upkeep.partitions import Busy
from tracker.upkeep.pruning import Pruned, Pruning
from tracker.upkeep.week_dropping import Running


class Command(BaseCommand):
    help = (
        "Forget samples, events, compressions and idle sessions older than their "
        "project's retention days. Runs beside the server; call it daily (cron). "
        "PostgreSQL: weeks of samples that no project keeps are dropped whole. The "
        "week in which the longest retention ends stays until it is past, for every "
        "project whose retention ends in it; the others are pruned to the day, and "
        "where a project keeps all, no week is dropped."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        pruning = Pruning(now=timezone.now())
        # Else Python searches all that Django loaded for circles now and then: 40 ms,
        # within some transaction, for which whoever reports would wait.
        gc.freeze()
        try:
            pruning.run()
        except Running as error:
            raise CommandError(f"Nothing was pruned: {error}.") from error
        except Busy as error:
            self._tell(pruning.pruned)
            raise CommandError(
                f"Not all was pruned: {error}, because {error.__cause__}. What is in "
                "them stays, with its event keys and sessions, until prune runs while "
                "nobody reads all of history (as pg_dump does)."
            ) from error
        finally:
            gc.unfreeze()
        if not pruning.pruned.counts:
            self.stdout.write("Nothing is older than its project keeps.")
        self._tell(pruning.pruned)

    def _tell(self, pruned: Pruned) -> None:
        if pruned.weeks:
            weeks = ", ".join(f"{week:%Y-%m-%d}" for week in pruned.weeks)
            self.stdout.write(f"Dropped the weeks of samples from {weeks}.")
        if not pruned.counts:
            return
        about = {"samples": "about "} if pruned.is_estimated else {}
        told = ", ".join(
            f"{about.get(kind, '')}{n:,} {kind}"
            for kind, n in sorted(pruned.counts.items())
        )
        self.stdout.write(
            f"Forgot {told}; longest transaction {pruned.longest * 1000:.0f} ms."
        )
