"""manage.py migrate: Django's own, which first looks where the database stands."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as DjangoCommand
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder

from tracker.management.one_at_a_time import one_at_a_time

REPLACED: list[tuple[str, str]] = import_module(
    "tracker.migrations.0001_initial_schema"
).Migration.replaces


class Command(DjangoCommand):
    """Refuses a database that took only some of the steps from before the first
    release. Django would take it for migrated: those steps have no files any more, so
    it finds nothing to do, `--check` ends with 0, and the server misses tables.

    Of several at once one migrates; the others wait, and find nothing left to do.
    """

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_half_migrated(connections[options["database"]])
        if options["check_unapplied"] or options["plan"]:
            super().handle(*args, **options)
            return
        with one_at_a_time(self.stderr.write):
            super().handle(*args, **options)


def refuse_half_migrated(connection: BaseDatabaseWrapper) -> None:
    """Raises CommandError. Changes nothing."""
    applied = MigrationRecorder(connection).applied_migrations()
    taken = [name for app, name in REPLACED if (app, name) in applied]
    if taken and len(taken) < len(REPLACED):
        raise CommandError(
            f"This database stops at tracker.{taken[-1]}, a step from before the first "
            "release that this version cannot continue. Nothing was changed. Make a "
            "backup, check out commit a52e16c and run its manage.py migrate on this "
            "database; then run manage.py migrate of this version again."
        )
