"""The default policy: every field set, so that a less specific one is never needed."""

from __future__ import annotations

from decimal import Decimal

from django.db import migrations

# The order's table, as it stood when this migration was written.
DEFAULTS = {
    "window_tokens": 200_000,
    "reserved_tokens": 4_000,
    "warning_percent": Decimal(80),
    "compress_percent": Decimal(85),
    "critical_percent": Decimal(95),
    "target_percent": Decimal(60),
    "margin_percent": Decimal(2),
    "min_reclaim_percent": Decimal(10),
    "min_reclaim_tokens": 2_000,
    "message_limit": 20,
    "keep_first": 2,
    "keep_last": 6,
    "cooldown_seconds": 60,
    "mode": "apply",
    "summariser": "extractive",
    "counting": "estimated",
}


def make_default(apps, schema_editor):
    policies = apps.get_model("tracker", "Policy").objects
    row = policies.filter(project=None, model_pattern="", session=None).first()
    if row is None:
        policies.create(name="default", **DEFAULTS)
        return
    for name, value in DEFAULTS.items():
        if getattr(row, name) in (None, "") and not _has_tokens(row, name):
            setattr(row, name, value)
    row.save()


def _has_tokens(row, name):
    """A threshold set in tokens needs no percentage."""
    tokens = name.replace("_percent", "_tokens")
    return name.endswith("_percent") and name != "min_reclaim_percent" and (
        getattr(row, tokens) is not None
    )


class Migration(migrations.Migration):
    dependencies = [("tracker", "0001_initial")]
    operations = [migrations.RunPython(make_default, migrations.RunPython.noop)]
