"""What fills the windows, in full: of each lane now, and before each compression.

`packed` is the domain's `Filling.packed`, read by `Composition.read` with the parts.
What each turn added stands in its sample (`UsageSample.added`).
"""

from __future__ import annotations

from django.db import models

from tracker.models.sessions import HasParts


class CompositionFields(HasParts, models.Model):
    # See EventKey.project_id.
    project_id = models.BigIntegerField(null=True)
    system_tokens = models.BigIntegerField(default=0)
    history_tokens = models.BigIntegerField(default=0)
    user_context_tokens = models.BigIntegerField(default=0)
    tools_tokens = models.BigIntegerField(default=0)
    unattributed_tokens = models.BigIntegerField(default=0)
    packed = models.TextField()

    class Meta:
        abstract = True


class LaneComposition(CompositionFields):
    """What fills the window, by the newest request (`at`) with known messages."""

    session = models.ForeignKey(
        "tracker.LLMSession", on_delete=models.CASCADE, related_name="compositions"
    )
    lane = models.CharField(max_length=255, default="main")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project_id", "session", "lane"], name="composition_once"
            )
        ]

    def __str__(self) -> str:
        return f"what fills {self.lane}"


class CompressionComposition(CompositionFields):
    """Of the window before a compression. It goes with the compression."""

    compression = models.OneToOneField(
        "tracker.Compression",
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="composition",
    )

    def __str__(self) -> str:
        return f"what filled the window before compression {self.pk}"
