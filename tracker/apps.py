"""The tracker app."""

from __future__ import annotations

from django.apps import AppConfig


class TrackerConfig(AppConfig):
    name = "tracker"
    verbose_name = "Token Budget"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tracker.ingest.audit import watch_logins

        watch_logins()
