"""Compressions whose review is yet to be made."""

from __future__ import annotations

from django.db import models


class DueReview(models.Model):
    """One row for each compression that was stored before it was reviewed, written with
    it and deleted with its review: an import that is ended goes on where it was.
    """

    text = models.OneToOneField(
        "tracker.CompressionText", on_delete=models.CASCADE, primary_key=True
    )
    project = models.ForeignKey("tracker.Project", on_delete=models.CASCADE)

    def __str__(self) -> str:
        return f"review of compression {self.pk}"
