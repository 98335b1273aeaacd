"""Whether the database has what this version's code needs."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from django.apps import apps
from django.db import DatabaseError, connection

MIGRATIONS = Path(__file__).resolve().parents[1] / "tracker" / "migrations"
_APPLIED = "SELECT name FROM django_migrations WHERE app = 'tracker'"


def why_not_served() -> str | None:
    """A sentence where a migration has not been run, else None. Also None where the
    database does not answer: it may come back.
    """
    try:
        if "django_migrations" not in connection.introspection.table_names():
            return _sentence(known())
        with connection.cursor() as cursor:
            cursor.execute(_APPLIED)
            applied = {name for (name,) in cursor.fetchall()}
    except DatabaseError:
        return None
    finally:
        connection.close()
    missing = [name for name in known() if name not in applied]
    return _sentence(missing) if missing else None


def is_migrated() -> bool:
    """Whether every migration of every app has been run, by their names alone: Django's
    `migrate` loads each of them and builds all models anew to find nothing to do, which
    took a tenth of a start.
    """
    try:
        if "django_migrations" not in connection.introspection.table_names():
            return False
        with connection.cursor() as cursor:
            cursor.execute("SELECT app, name FROM django_migrations")
            taken = {(app, name) for app, name in cursor.fetchall()}
    except DatabaseError:
        return False
    there = {
        (config.label, path.stem)
        for config in apps.get_app_configs()
        for path in Path(config.path, "migrations").glob("[0-9]*.py")
    }
    return bool(known()) and there <= taken


def known() -> list[str]:
    return sorted(path.stem for path in MIGRATIONS.glob("[0-9]*.py"))


def _sentence(missing: Collection[str]) -> str:
    return (
        f"The database lacks migrations of this version, the first is {min(missing)}: "
        "run manage.py migrate, or start with manage.py up."
    )
