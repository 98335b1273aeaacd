"""A session: one LLM conversation or agent run, and how full its window is now."""

from __future__ import annotations

from dataclasses import fields

from django.db import models

from tracker.domain.budget.status import LEVELS
from tracker.domain.conversation.text.visible_text import visible
from tracker.domain.reports import Parts

LEVEL_CHOICES = [(level, level.capitalize()) for level in LEVELS]


# The columns of the domain's Parts, in its order.
PART_COLUMNS = tuple(f"{part.name}_tokens" for part in fields(Parts))


class HasParts:
    """A row with the columns PART_COLUMNS."""

    @property
    def parts(self) -> Parts:
        return Parts(*(getattr(self, name) for name in PART_COLUMNS))


class OccupancyFields(HasParts, models.Model):
    """The present state of a gauge: the numbers, and the limits that apply to them."""

    model = models.CharField(max_length=200, blank=True)
    used_tokens = models.BigIntegerField(default=0)
    system_tokens = models.BigIntegerField(default=0)
    history_tokens = models.BigIntegerField(default=0)
    user_context_tokens = models.BigIntegerField(default=0)
    tools_tokens = models.BigIntegerField(default=0)
    unattributed_tokens = models.BigIntegerField(default=0)
    source = models.CharField(max_length=10, blank=True)
    parts_source = models.CharField(max_length=10, blank=True)
    message_count = models.BigIntegerField(null=True)
    output_tokens = models.BigIntegerField(null=True)
    window_tokens = models.BigIntegerField(default=200_000)
    window_source = models.CharField(max_length=14, default="default")
    available_tokens = models.BigIntegerField(default=196_000)
    policy_name = models.CharField(max_length=200, default="default")
    used_ratio = models.FloatField(default=0.0)
    level = models.CharField(max_length=8, choices=LEVEL_CHOICES, default="ok")
    event_level = models.CharField(max_length=8, choices=LEVEL_CHOICES, default="ok")
    first_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    sample_count = models.BigIntegerField(default=0)

    class Meta:
        abstract = True


class LLMSession(OccupancyFields):
    project = models.ForeignKey(
        "tracker.Project", on_delete=models.CASCADE, related_name="sessions"
    )
    key = models.CharField(max_length=255)
    title = models.CharField(max_length=255, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    origin = models.CharField(max_length=20, default="api")
    event_count = models.BigIntegerField(default=0)
    compression_count = models.BigIntegerField(default=0)
    saved_tokens = models.BigIntegerField(default=0)
    last_compression_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    # Where the client compacts by itself, as it was told last. It is shown beside the
    # policy's thresholds and decides nothing.
    compact_at_tokens = models.BigIntegerField(null=True)
    # When it was last written, in microseconds since 1970; rises within a process. The
    # hub asks for rows with a larger number than the last one it has sent.
    changed_us = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = "session"
        constraints = [
            models.UniqueConstraint(fields=["project", "key"], name="session_key_once")
        ]
        indexes = [
            # With the level: active sessions are counted from the index alone.
            models.Index(fields=["project", "last_at", "level"], name="session_active"),
            models.Index(fields=["project", "used_ratio"], name="session_fullest"),
            # Of several projects: the two above would be read whole and sorted.
            models.Index(fields=["used_ratio", "id"], name="session_fullest_all"),
            models.Index(fields=["last_at", "id"], name="session_newest_all"),
            models.Index(fields=["project", "origin"], name="session_origin"),
            models.Index(fields=["changed_us"], name="session_changed"),
        ]

    def __str__(self) -> str:
        return visible(self.title or self.key)


class SessionLane(OccupancyFields):
    """The gauge of a sub-agent. The main lane's gauge is the session's own row."""

    project_id = models.BigIntegerField()  # its session's
    session = models.ForeignKey(
        LLMSession, on_delete=models.CASCADE, related_name="lanes"
    )
    name = models.CharField(max_length=255)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project_id", "session", "name"], name="lane_once"
            )
        ]

    def __str__(self) -> str:
        return visible(self.name)
