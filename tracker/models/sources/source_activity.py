"""What arrived from each source, and what was ignored and why."""

from __future__ import annotations

from django.db import models


class SourceActivity(models.Model):
    """One row per project and source, written every few seconds at most."""

    project = models.ForeignKey(
        "tracker.Project", on_delete=models.CASCADE, related_name="sources"
    )
    source = models.CharField(max_length=32)  # otlp_traces, otlp_logs, litellm, ...
    client = models.CharField(max_length=120, blank=True)  # its User-Agent
    report_count = models.BigIntegerField(default=0)
    twin_count = models.BigIntegerField(default=0)
    rejected_count = models.BigIntegerField(default=0)
    last_error = models.TextField(blank=True)
    ignored = models.JSONField(default=dict)  # reason -> count
    last_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "source activity"
        constraints = [
            models.UniqueConstraint(fields=["project", "source"], name="source_once")
        ]

    def __str__(self) -> str:
        return f"{self.source} of {self.project}"
