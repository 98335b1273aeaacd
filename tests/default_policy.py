"""The default policy as its migration makes it: a flushed database has lost it."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def make_default_policy() -> Any:
    from tracker.models import Policy

    defaults = import_module("tracker.migrations.0002_default_policy").DEFAULTS
    return Policy.objects.get_or_create(
        project=None,
        model_pattern="",
        session=None,
        defaults={"name": "default", **defaults, "counting": "by_script"},
    )[0]
