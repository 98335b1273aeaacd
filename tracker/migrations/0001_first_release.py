"""Every table of the first release, and its first rows.

It replaces the 35 steps of `_before_release`, which hold what changed the rows of older
databases. A database that took all of them has these tables and counts as migrated; one
that took some is first led through the rest by `manage.py migrate`.

On SQLite Django copies a table for AlterField, and for AddField unless the field is
null. Of `tracker_usagesample` and `tracker_eventkey` that takes as long as the history,
and the copy loses the references and WITHOUT ROWID. A later migration adds to them with
`AddFieldInPlace`; tests/migrations/test_schema.py fails where it does not.
"""

from __future__ import annotations

from django.conf import settings
from django.db import migrations

from tracker.migrations._before_release import STEPS
from tracker.migrations._first_release import (
    access,
    compressions,
    first_rows,
    outgoing,
    sessions,
    sources,
)
from tracker.migrations._first_release import settings as policies
from tracker.migrations._session_search import drop_search, make_search
from tracker.migrations._special_tables import MakeTables

noop = migrations.RunPython.noop


class Migration(migrations.Migration):
    initial = True
    replaces = [("tracker", name) for name in STEPS]
    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        MakeTables(
            [
                *access.TABLES,
                *policies.TABLES,
                *sessions.TABLES,
                *compressions.TABLES,
                *sources.TABLES,
                *outgoing.TABLES,
            ]
        ),
        migrations.RunPython(make_search, drop_search),
        migrations.RunPython(first_rows.make_default_policy, noop),
        migrations.RunPython(first_rows.add_providers, noop),
    ]
