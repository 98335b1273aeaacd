"""Whether the database has what this version's code needs."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from django.apps import apps
from django.contrib.auth import get_permission_codename
from django.db import DatabaseError, connection

MIGRATIONS = Path(__file__).resolve().parents[1] / "tracker" / "migrations"
_APPLIED = "SELECT name FROM django_migrations WHERE app = 'tracker'"
_PERMISSIONS = (
    "SELECT app_label, codename FROM auth_permission JOIN django_content_type"
    " ON django_content_type.id = content_type_id"
)


def why_not_served() -> str | None:
    """A sentence if a migration has not been run, else None. None, too, if the database
    does not answer: it may come back.
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
    """Whether every migration of every app has been run, and the permissions that
    follow the last one are there, by their names alone: Django's `migrate` loads each
    of them and builds all models anew to find nothing to do, which took a tenth of a
    start.
    """
    try:
        if "django_migrations" not in connection.introspection.table_names():
            return False
        with connection.cursor() as cursor:
            cursor.execute("SELECT app, name FROM django_migrations")
            taken = {(app, name) for app, name in cursor.fetchall()}
            cursor.execute(_PERMISSIONS)
            permissions = {(app, name) for app, name in cursor.fetchall()}
    except DatabaseError:
        return False
    there = {
        (config.label, path.stem)
        for config in apps.get_app_configs()
        for path in Path(config.path, "migrations").glob("[0-9]*.py")
    }
    # A start that was killed after its last table has no permissions to give a group.
    return bool(known()) and there <= taken and _permissions() <= permissions


def _permissions() -> set[tuple[str, str]]:
    """App and codename of those that Django makes after a migration."""
    return {
        (model._meta.app_label, codename)
        for model in apps.get_models()
        for codename in (
            *(
                get_permission_codename(action, model._meta)
                for action in model._meta.default_permissions
            ),
            *(codename for codename, _ in model._meta.permissions),
        )
    }


def known() -> list[str]:
    return sorted(path.stem for path in MIGRATIONS.glob("[0-9]*.py"))


def _sentence(missing: Collection[str]) -> str:
    return (
        f"The database lacks migrations of this version, the first is {min(missing)}: "
        "run manage.py migrate, or start with manage.py up."
    )
