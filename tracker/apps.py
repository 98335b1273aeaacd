"""The Django app: what starts when the process knows its tables."""

from __future__ import annotations

import os
from typing import Any

from django.apps import AppConfig
from django.core import checks

from budget_site.environment import unknown_variables


class TrackerConfig(AppConfig):
    name = "tracker"
    verbose_name = "Token Budget"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tracker.changes.audit import watch_logins
        from tracker.reading.tokenizer_check import TAG, check_tokenizers

        checks.register(check_tokenizers, TAG)
        checks.register(check_variables, TAG)
        watch_logins()


def check_variables(**_: Any) -> list[checks.CheckMessage]:
    """A misspelled variable would pass in silence: TOKEN_BUDGET_PROXYS."""
    return [
        checks.Warning(
            f"{name} is set, and nothing reads it.",
            hint=f"Did you mean {near}?" if near else "docs/reference.md lists all.",
            id="tracker.W001",
        )
        for name, near in unknown_variables(os.environ).items()
    ]
