"""Stored cuts: what is sent in place of a conversation's compressed beginning."""

from __future__ import annotations

from django.db import models


class StoredCut(models.Model):
    """A `domain.cuts.cut.Cut` of a session, so that every process sends the same bytes,
    also after a restart. It holds messages: only projects that keep them have any.

    It is deleted with its compression, with its session, and when the session was idle
    for some days (`upkeep/idle_cuts.py`). A lane keeps its newest few
    (`ingest/rows/compressions/cut_rows.py`).
    """

    compression = models.OneToOneField(
        "tracker.Compression",
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="cut",
    )
    # See EventKey.project_id.
    project_id = models.BigIntegerField(null=True)
    session = models.ForeignKey(
        "tracker.LLMSession", on_delete=models.CASCADE, related_name="cuts"
    )
    lane = models.CharField(max_length=255, default="main")
    message_count = models.BigIntegerField()
    digest = models.BinaryField(max_length=16)
    replacement = models.BinaryField()
    history_tokens = models.BigIntegerField(default=0)
    system_tokens = models.BigIntegerField(default=0)
    counter = models.CharField(max_length=255, blank=True)
    new_messages = models.BigIntegerField(default=0)
    dialect = models.CharField(max_length=20, blank=True)

    def __str__(self) -> str:
        return f"cut of {self.message_count:,} messages"
