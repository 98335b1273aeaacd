"""What fills the windows: what each turn added, and in full now and before each
compression.
"""

import django.db.models.deletion
from django.db import migrations, models

from tracker.migrations._in_place import AddFieldInPlace

PARTS = [
    (f"{part}_tokens", models.BigIntegerField(default=0))
    for part in ("system", "history", "user_context", "tools", "unattributed")
]


class Migration(migrations.Migration):
    dependencies = [("tracker", "0023_session_tags")]
    operations = [
        AddFieldInPlace(
            "usagesample", "added", models.TextField(blank=True, default="")
        ),
        migrations.CreateModel(
            name="CompressionComposition",
            fields=[
                ("project_id", models.BigIntegerField(null=True)),
                *PARTS,
                ("packed", models.TextField()),
                (
                    "compression",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="composition",
                        serialize=False,
                        to="tracker.compression",
                    ),
                ),
            ],
            options={"abstract": False},
        ),
        migrations.CreateModel(
            name="LaneComposition",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("project_id", models.BigIntegerField(null=True)),
                *PARTS,
                ("packed", models.TextField()),
                ("lane", models.CharField(default="main", max_length=255)),
                ("at", models.DateTimeField()),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="compositions",
                        to="tracker.llmsession",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("project_id", "session", "lane"),
                        name="composition_once",
                    )
                ],
            },
        ),
    ]
