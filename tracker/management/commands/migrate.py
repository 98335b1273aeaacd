"""manage.py migrate: Django's own, which first looks where the database stands."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as DjangoCommand
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder

from tracker.management.one_at_a_time import one_at_a_time
from tracker.migrations._before_release import FIRST_STEPS, STEPS

BEFORE_RELEASE = "tracker.migrations._before_release"


class Command(DjangoCommand):
    """Leads a database from before the first release through the steps that it lacks,
    then goes on as with a new one.

    Refuses one that took only some of the first fifteen. Django would take it for
    migrated: those steps have no files any more, so it finds nothing to do, `--check`
    ends with 0, and the server misses tables.

    Of several at once one migrates; the others wait, and find nothing left to do.
    """

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check_unapplied"] or options["plan"]:
            self._migrate(*args, **options)
            return
        with one_at_a_time(self.stderr.write):
            self._migrate(*args, **options)

    def _migrate(self, *args: Any, **options: Any) -> None:
        taken = _taken(options["database"])
        refuse_half_migrated(taken)
        if is_before_release(taken):
            with _steps_before_release():
                super().handle(*args, **options)
            if options["plan"] or options["migration_name"]:
                return
        super().handle(*args, **options)


def refuse_half_migrated(taken: Collection[str]) -> None:
    """Raises CommandError. Changes nothing."""
    first = [name for name in FIRST_STEPS if name in taken]
    if first and len(first) < len(FIRST_STEPS):
        raise CommandError(
            f"This database stops at tracker.{first[-1]}, a step from before the first "
            "release that this version cannot continue. Nothing was changed. Make a "
            "backup, check out commit a52e16c and run its manage.py migrate on this "
            "database; then run manage.py migrate of this version again."
        )


def is_before_release(taken: Collection[str]) -> bool:
    """Whether the database took some of the steps that `0001_first_release` replaces,
    and lacks others.
    """
    lacks_some = not set(STEPS) <= set(taken)
    return lacks_some and any(name in taken for name in (*FIRST_STEPS, *STEPS))


def _taken(database: str) -> set[str]:
    recorder = MigrationRecorder(connections[database])
    return {name for app, name in recorder.applied_migrations() if app == "tracker"}


@contextlib.contextmanager
def _steps_before_release() -> Iterator[None]:
    """Django's migrate looks in the folder that this setting names."""
    present = settings.MIGRATION_MODULES
    settings.MIGRATION_MODULES = {**present, "tracker": BEFORE_RELEASE}
    try:
        yield
    finally:
        settings.MIGRATION_MODULES = present
