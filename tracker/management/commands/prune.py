"""manage.py prune: delete what is older than each project's retention days."""

from __future__ import annotations

import gc
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from tracker.upkeep.pruning import Pruned, Pruning
from tracker.upkeep.weeks.dropping import Running
from tracker.upkeep.weeks.partitions import Busy


class Command(BaseCommand):
    help = (
        "Delete samples, events, compressions and idle sessions older than their "
        "project's retention days. Runs beside the server; run it daily (cron). "
        "PostgreSQL drops a whole week of samples once no project keeps any of it. The "
        "week in which the longest retention ends therefore stays until it is over, "
        "for every project whose retention ends in it; other projects are pruned to "
        "the day. Where one project keeps everything, no week is dropped."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        pruning = Pruning(now=timezone.now())
        # A search for reference cycles through all that Django loaded takes 40 ms. It
        # would come within a transaction, and reports would wait for it.
        gc.freeze()
        try:
            pruning.run()
        except Running as error:
            raise CommandError(f"Nothing was pruned: {error}.") from error
        except Busy as error:
            self._tell(pruning.pruned)
            raise CommandError(
                f"Not all was pruned: {error}, because {error.__cause__}. Their "
                "samples, event keys and sessions stay. Run prune again while nobody "
                "reads all of history (as pg_dump does)."
            ) from error
        except KeyboardInterrupt:
            self.stdout.write("Interrupted. What was deleted stays deleted:")
            self._tell(pruning.pruned)
            sys.exit(130)
        finally:
            gc.unfreeze()
        if not pruning.pruned.counts:
            self.stdout.write("Nothing is older than its project's retention days.")
        self._tell(pruning.pruned)

    def _tell(self, pruned: Pruned) -> None:
        if pruned.weeks:
            weeks = ", ".join(f"{week:%Y-%m-%d}" for week in pruned.weeks)
            self.stdout.write(f"Dropped the weeks of samples that begin on {weeks}.")
        if not pruned.counts:
            return
        about = {"samples": "about "} if pruned.is_estimated else {}
        told = ", ".join(
            f"{about.get(kind, '')}{n:,} {kind}"
            for kind, n in sorted(pruned.counts.items())
        )
        self.stdout.write(
            f"Deleted {told}; longest transaction {pruned.longest * 1000:.0f} ms."
        )
