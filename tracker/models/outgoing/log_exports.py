"""How far a project's events and compressions have left for the log collector."""

from __future__ import annotations

from django.db import models


class LogExport(models.Model):
    """The collector has taken all up to `seq`. Written after its answer, so what a
    crash leaves in doubt is sent again.
    """

    project = models.OneToOneField(
        "tracker.Project", on_delete=models.CASCADE, primary_key=True
    )
    seq = models.BigIntegerField()
    # One process sends at a time; one that died while it sent is waited for until then.
    claimed_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.project_id}: up to {self.seq}"
