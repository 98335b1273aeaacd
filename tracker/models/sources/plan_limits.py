"""Plan limits: the newest that a client's plan was said to have used."""

from __future__ import annotations

from django.db import models


class PlanLimitState(models.Model):
    """One row per project, client and window. An older report changes nothing."""

    project = models.ForeignKey(
        "tracker.Project", on_delete=models.CASCADE, related_name="plan_limits"
    )
    client = models.CharField(max_length=32)
    minutes = models.IntegerField()  # how long the window is
    used_ratio = models.FloatField()
    resets_at = models.DateTimeField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "client", "minutes"], name="plan_limit_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.client}: {self.used_ratio:.0%} of {self.minutes} minutes"
