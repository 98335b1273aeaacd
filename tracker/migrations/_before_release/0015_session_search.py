"""Find sessions by their words, and list those of several projects, by an index."""

from django.db import migrations, models

from tracker.migrations._session_search import drop_search, make_search


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
