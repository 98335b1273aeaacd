"""Find sessions by their words, and list those of several projects, by an index."""

from django.db import migrations, models

from tracker.migrations._session_search import (
    postgres_drops,
    postgres_statements,
    sqlite_drops,
    sqlite_statements,
)


def make_search(apps, schema_editor):
    is_sqlite = schema_editor.connection.vendor == "sqlite"
    for sql in sqlite_statements() if is_sqlite else postgres_statements():
        schema_editor.execute(sql)


def drop_search(apps, schema_editor):
    is_sqlite = schema_editor.connection.vendor == "sqlite"
    for sql in sqlite_drops() if is_sqlite else postgres_drops():
        schema_editor.execute(sql)


class Migration(migrations.Migration):
    dependencies = [("tracker", "0014_due_reviews")]
    operations = [
        migrations.AddIndex(
            model_name="llmsession",
            index=models.Index(fields=["used_ratio", "id"], name="session_fullest_all"),
        ),
        migrations.AddIndex(
            model_name="llmsession",
            index=models.Index(fields=["last_at", "id"], name="session_newest_all"),
        ),
        migrations.AddIndex(
            model_name="llmsession",
            index=models.Index(fields=["project", "origin"], name="session_origin"),
        ),
        migrations.RunPython(make_search, drop_search),
    ]
