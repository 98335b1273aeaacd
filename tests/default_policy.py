"""The default policy as the migrations make it: a flushed database has lost it."""

from __future__ import annotations

from typing import Any


def make_default_policy() -> Any:
    from tracker.migrations._first_release.first_rows import DEFAULT_POLICY
    from tracker.models import Policy

    return Policy.objects.get_or_create(
        project=None,
        model_pattern="",
        session=None,
        defaults={"name": "default", **DEFAULT_POLICY},
    )[0]
