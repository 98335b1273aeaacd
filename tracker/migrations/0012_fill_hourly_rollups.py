"""Hours from before the sums were kept: counted once from the rows.

Without this the fleet's history begins on the day of the upgrade, and `verify` finds
every older hour different.
"""

from collections import Counter

from django.db import migrations
from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Coalesce, Greatest, TruncHour

LEVELS = ("ok", "warning", "compress", "critical", "exceeded")


def fill(apps, editor):
    rollup = apps.get_model("tracker", "HourlyRollup")
    projects = apps.get_model("tracker", "Project").objects
    for project_id in projects.values_list("pk", flat=True):
        # From its first hour with sums on they were kept by the writer.
        kept = rollup.objects.filter(project=project_id).order_by("hour").first()
        rollup.objects.bulk_create(
            rollup(project_id=project_id, hour=hour, writer=0, **sums)
            for hour, sums in _counted(apps, project_id).items()
            if kept is None or hour < kept.hour
        )


def _counted(apps, project_id):
    hours = {}

    def by_hour(name, at, where=None, **sums):
        rows = apps.get_model("tracker", name).objects.filter(project=project_id)
        if where is not None:
            rows = rows.filter(where)
        # Named apart: a model's own field may have the name of its sum.
        named = {f"{key}_sum": value for key, value in sums.items()}
        grouped = rows.order_by().annotate(of_hour=TruncHour(at)).values("of_hour")
        for row in grouped.annotate(**named):
            hour = hours.setdefault(row.pop("of_hour"), Counter())
            hour.update({key.removesuffix("_sum"): n or 0 for key, n in row.items()})

    by_hour("UsageSample", "at", samples=Count("pk"), used_tokens=Sum("used_tokens"))
    by_hour(
        "ThresholdEvent",
        "at",
        **{f"{lv}_events": Count("pk", filter=Q(to_level=lv)) for lv in LEVELS},
    )
    by_hour(
        "Compression",
        "at",
        where=Q(is_advice=False),
        compressions=Count("pk"),
        saved_tokens=Sum(Greatest(F("before_tokens") - F("after_tokens"), 0)),
    )
    by_hour("LLMSession", Coalesce("first_at", "created_at"), new_sessions=Count("pk"))
    return hours


class Migration(migrations.Migration):
    dependencies = [("tracker", "0011_samples_without_foreign_keys")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
