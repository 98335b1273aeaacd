"""What people say about a compression, and who looks after it."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class CompressionComment(models.Model):
    """It keeps its author's name, so that it is readable after the user is deleted."""

    compression = models.ForeignKey(
        "tracker.Compression", on_delete=models.CASCADE, related_name="comments"
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL
    )
    author_name = models.CharField(max_length=150)
    at = models.DateTimeField()
    text = models.TextField()

    def __str__(self) -> str:
        return f"{self.author_name}: {self.text[:60]}"


class CompressionAssignment(models.Model):
    """The person who should review a compression; one at most. It has its own table so
    that `ingest` never writes it.
    """

    compression = models.OneToOneField(
        "tracker.Compression",
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="assignment",
    )
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)

    def __str__(self) -> str:
        return f"compression {self.compression_id}: {self.assignee}"
