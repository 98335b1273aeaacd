"""manage.py api_key create|list|revoke: the keys by which programs report."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tracker.changes.access.api_keys import (
    create_api_key,
    create_project,
    revoke_api_key,
)
from tracker.models import ApiKey
from tracker.models.access.api_keys import DEFAULT_SCOPES, SCOPES


class Command(BaseCommand):
    help = "Create, list and revoke API keys. `create` prints the key alone on stdout."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="make a key and print it")
        create.add_argument("name")
        create.add_argument(
            "--project", default="default", help="slug; a new one is made"
        )
        create.add_argument(
            "--scope",
            action="append",
            choices=SCOPES,
            help="may be repeated; default: all but gateway",
        )
        create.add_argument(
            "--rate-limit", type=int, help="reports per minute; default: no limit"
        )
        actions.add_parser("list", help="show every key without its secret")
        revoke = actions.add_parser("revoke", help="refuse a key from now on")
        revoke.add_argument(
            "key", help="its id, or its first characters as `list` shows them"
        )

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        {"create": self.create, "list": self.list, "revoke": self.revoke}[action](
            options
        )

    def create(self, options: dict[str, Any]) -> None:
        project, made = create_project(slug=options["project"])
        if made:
            self.stderr.write(f"Made the project {project.slug!r}.")
        _, key = create_api_key(
            project=project,
            name=options["name"],
            scopes=options["scope"] or DEFAULT_SCOPES,
            rate_limit_per_minute=options["rate_limit"],
        )
        self.stdout.write(key)

    def list(self, options: dict[str, Any]) -> None:
        for row in ApiKey.objects.select_related("project"):
            state = "revoked" if row.revoked_at else "active"
            used = (
                row.last_used_at.isoformat(" ", "minutes")
                if row.last_used_at
                else "never"
            )
            self.stdout.write(
                f"{row.pk:>4}  {row.shown_prefix}…  {state:<8} {row.project.slug:<16} "
                f"{','.join(row.scopes):<22} used {used:<18} {row.name}"
            )

    def revoke(self, options: dict[str, Any]) -> None:
        given = options["key"].rstrip("…")
        rows = ApiKey.objects.filter(shown_prefix=given[:8])
        if given.isdigit():
            rows = ApiKey.objects.filter(pk=given)
        if len(rows) != 1:
            raise CommandError(
                f"{len(rows)} keys match {given!r}: give the id that `list` shows."
            )
        revoke_api_key(rows[0])
        self.stdout.write(f"Revoked {rows[0]}.")
