"""manage.py login_link [USER]: a way in without a password."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from budget_site.path_prefix import site_link
from tracker.changes.access.login_links import create_login_link


class Command(BaseCommand):
    help = "Print a link that logs a user in once, within 24 hours."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", nargs="?", help="default: the first administrator")
        parser.add_argument("--address", default="http://127.0.0.1:8000")

    def handle(self, *args: Any, user: str | None, address: str, **_: Any) -> None:
        users = get_user_model().objects.filter(is_active=True)
        if user:
            found = users.filter(username=user).first()
        else:
            found = users.filter(is_superuser=True).order_by("pk").first()
        if found is None:
            raise CommandError(
                f"There is no active user {user!r}."
                if user
                else "There is no administrator yet: start the app once (make run)."
            )
        self.stdout.write(site_link(address, "login-link", create_login_link(found)))
