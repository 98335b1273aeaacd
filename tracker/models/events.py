"""Threshold events: the moments at which a session's level changed."""

from __future__ import annotations

from django.db import models

from tracker.models.sessions import LEVEL_CHOICES


class ThresholdEvent(models.Model):
    """`from_level` -> `to_level` at `used_tokens`, judged by `policy_name`."""

    project = models.ForeignKey(
        "tracker.Project", on_delete=models.CASCADE, db_index=False
    )
    session = models.ForeignKey(
        "tracker.LLMSession",
        on_delete=models.CASCADE,
        related_name="events",
        db_index=False,
    )
    seq = models.BigIntegerField()
    at = models.DateTimeField()
    from_level = models.CharField(max_length=8, choices=LEVEL_CHOICES)
    to_level = models.CharField(max_length=8, choices=LEVEL_CHOICES)
    used_tokens = models.BigIntegerField()
    available_tokens = models.BigIntegerField()
    policy_name = models.CharField(max_length=200)
    event_id = models.CharField(max_length=255, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "seq"], name="event_seq_once")
        ]
        indexes = [
            models.Index(fields=["session", "at"], name="event_of_session"),
            models.Index(fields=["at"], name="event_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.from_level} → {self.to_level}"
