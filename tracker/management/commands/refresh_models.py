"""manage.py refresh_models: make the packaged model catalogue from litellm's list."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from tracker.domain.providers import catalogue
from tracker.domain.providers.catalogue_snapshot import (
    snapshot_from_litellm,
    snapshot_text,
    with_history,
)

PACKAGED = Path(catalogue.__file__).with_name("catalogue_data.json")
SOURCE = "litellm, model_prices_and_context_window.json (MIT)"


class Command(BaseCommand):
    help = (
        "Rewrite the model catalogue from litellm's "
        "model_prices_and_context_window.json. To get that file: pip download "
        "--no-deps litellm, and unpack it."
    )

    requires_system_checks: list[str] = []  # it only writes a file

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="path", type=Path, required=True)
        parser.add_argument(
            "--as-of",
            type=date.fromisoformat,
            help="the date of the list, like 2026-11-22",
        )
        parser.add_argument("--licence", type=Path, help="the file of its licence")
        parser.add_argument("--to", type=Path, default=PACKAGED)

    def handle(self, *args: Any, **options: Any) -> None:
        as_of = options["as_of"] or timezone.now().date()
        try:
            # The licence that the numbers came with stays with them, and so do the
            # prices that models had.
            present = _present(options["to"])
            data = json.loads(options["path"].read_text("utf-8"))
            licence = (
                options["licence"].read_text("utf-8") if options["licence"] else ""
            )
            snapshot = snapshot_from_litellm(
                data,
                as_of=as_of.isoformat(),
                source=SOURCE,
                licence=licence or str(present.get("licence", "")),
            )
            snapshot = with_history(snapshot, present)
        except (OSError, ValueError, AttributeError) as error:
            raise CommandError(f"{options['path']}: {error}") from error
        options["to"].write_text(snapshot_text(snapshot), "utf-8")
        self.stdout.write(
            f"{len(snapshot['models'])} models as of {as_of} in {options['to']}"
        )


def _present(path: Path) -> dict[str, Any]:
    found = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return dict(found)
