"""The Django app: what starts when the process knows its tables."""

from __future__ import annotations

from django.apps import AppConfig
from django.core import checks


class TrackerConfig(AppConfig):
    name = "tracker"
    verbose_name = "Token Budget"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tracker.changes.audit import watch_logins
        from tracker.reading.tokenizer_check import TAG, check_tokenizers

        checks.register(check_tokenizers, TAG)
        watch_logins()
