"""A tag knows its project, so that a search by tag reads no other project's tags."""

from django.db import migrations, models
from django.db.models import OuterRef, Subquery

from tracker.migrations._in_place import AddFieldInPlace


def fill(apps, schema_editor):
    session = apps.get_model("tracker", "LLMSession")
    tags = apps.get_model("tracker", "SessionTag")
    mine = session.objects.filter(pk=OuterRef("session_id"))
    tags.objects.update(project_id=Subquery(mine.values("project_id")))


class Migration(migrations.Migration):
    dependencies = [("tracker", "0034_packed_keys")]
    operations = [
        AddFieldInPlace("sessiontag", "project_id", models.BigIntegerField(default=0)),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RemoveConstraint("sessiontag", "tag_once"),
        migrations.AddConstraint(
            "sessiontag",
            models.UniqueConstraint(
                fields=["project_id", "name", "session"], name="tag_once"
            ),
        ),
        migrations.AlterField("sessiontag", "project_id", models.BigIntegerField()),
    ]
