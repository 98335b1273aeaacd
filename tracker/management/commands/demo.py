"""manage.py demo: play invented sessions into a running server, or remove them."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

import httpx
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from tracker.changes.access.api_keys import (
    create_api_key,
    create_project,
    revoke_api_key,
)
from tracker.management.demo.player import DemoError, play
from tracker.management.demo.story import calls_of, read_story
from tracker.models import ApiKey, Project, ProjectMember
from tracker.upkeep.project_deletion import delete_project

SLUG, NAME, KEY_NAME = "demo", "Demo", "demo player"
TIMEOUT_SECONDS = 60  # the first compression starts a worker


class Command(BaseCommand):
    help = (
        "Report a few minutes of invented sessions over REST, into the project 'demo'."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--address", default="http://127.0.0.1:8000")
        parser.add_argument(
            "--speed", type=float, default=1.0, help="2 is twice as fast"
        )
        parser.add_argument(
            "--fast", action="store_true", help="report everything at once"
        )
        parser.add_argument(
            "--remove", action="store_true", help="delete the project 'demo'"
        )
        parser.add_argument(
            "--member", help="a user who may see it, in addition to superusers"
        )
        parser.add_argument(
            "--host",
            help="the Host header, for a server that answers to other names only",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["remove"]:
            return self.remove()
        if options["speed"] <= 0:
            raise CommandError("--speed must be above 0")
        project = self.project(options["member"])
        row, key = create_api_key(project=project, name=KEY_NAME)
        headers = {"Authorization": f"Bearer {key}"}
        if options["host"]:
            headers["Host"] = options["host"]
        calls = calls_of(read_story())
        if options["verbosity"] > 1:
            self.stdout.write(f"Playing {len(calls)} calls into the project {SLUG!r}")
        try:
            with httpx.Client(
                base_url=options["address"], headers=headers, timeout=TIMEOUT_SECONDS
            ) as client:
                play(
                    calls,
                    client,
                    speed=None if options["fast"] else options["speed"],
                    say=self.stdout.write
                    if options["verbosity"] > 1
                    else lambda _: None,
                )
        except DemoError as error:
            raise CommandError(f"{error}\nIs the server running? (make run)") from error
        finally:
            revoke_api_key(row)
        self.stdout.write(
            f"{len(calls)} calls played into the project {SLUG!r}. "
            "To delete it: manage.py demo --remove"
        )
        return None

    def project(self, member: str | None) -> Project:
        """Delete and make it. Played twice into one, every report is a duplicate."""
        for old in Project.objects.filter(slug=SLUG):
            if not _is_ours(old):
                raise CommandError(
                    f"A project {SLUG!r} of your own exists: rename it first."
                )
            delete_project(old)
        project, _ = create_project(slug=SLUG, name=NAME)
        if member:
            user = get_user_model().objects.filter(username=member).first()
            if user is None:
                raise CommandError(f"There is no user {member!r}.")
            ProjectMember.objects.get_or_create(
                project=project, user=user, defaults={"role": "admin"}
            )
        return project

    def remove(self) -> None:
        found = Project.objects.filter(slug=SLUG).first()
        if found is None:
            self.stdout.write("There is no demo.")
            return
        if not _is_ours(found):
            raise CommandError(f"The project {SLUG!r} is not the demo's, so it stays.")
        delete_project(found)
        self.stdout.write("The demo is gone.")


def _is_ours(project: Project) -> bool:
    return ApiKey.objects.filter(project=project, name=KEY_NAME).exists()
