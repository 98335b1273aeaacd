"""The default policy as the migrations make it: a flushed database has lost it."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def make_default_policy() -> Any:
    from tracker.models import Policy

    initial = import_module("tracker.migrations.0001_initial_schema")
    stops = import_module("tracker.migrations.0021_hard_budgets")
    gateway = import_module("tracker.migrations.0007_gateway_calls")
    return Policy.objects.get_or_create(
        project=None,
        model_pattern="",
        session=None,
        defaults={
            "name": "default",
            **initial.DEFAULT_POLICY,
            "counting": "by_script",
            **gateway.DEFAULTS,
            **stops.DEFAULTS,
        },
    )[0]
