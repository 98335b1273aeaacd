"""manage.py upstream set|list|remove: where the gateway sends calls."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from tracker.changes.upstreams import remove_upstream, set_upstream
from tracker.models import Upstream
from tracker.models.settings.upstreams import DIALECTS


class Command(BaseCommand):
    help = "Set, list and remove the providers that the gateway sends calls to."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        put = actions.add_parser("set", help="add a provider, or change its address")
        put.add_argument("name", help="the word in the address: /gateway/NAME/…")
        put.add_argument("url", help="what stands before /v1/… at the provider")
        put.add_argument("--dialect", choices=DIALECTS)
        actions.add_parser("list", help="show every provider")
        remove = actions.add_parser("remove", help="refuse calls to it from now on")
        remove.add_argument("name")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        {"set": self.set, "list": self.list, "remove": self.remove}[action](options)

    def set(self, options: dict[str, Any]) -> None:
        try:
            row = set_upstream(options["name"], options["url"], options["dialect"])
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        self.stdout.write(f"/gateway/{row.name}/ goes to {row.base_url}.")

    def list(self, options: dict[str, Any]) -> None:
        for row in Upstream.objects.all():
            self.stdout.write(f"{row.name:<16} {row.dialect:<10} {row.base_url}")

    def remove(self, options: dict[str, Any]) -> None:
        row = Upstream.objects.filter(name=options["name"]).first()
        if row is None:
            raise CommandError(f"There is no upstream {options['name']!r}.")
        remove_upstream(row)
        self.stdout.write(f"Removed {options['name']}.")
