"""Usage samples, which are only added; and event keys, which find repeated reports."""

from __future__ import annotations

from django.db import models

from tracker.models.sessions import LEVEL_CHOICES, HasParts


class UsageSample(HasParts, models.Model):
    """One measurement of what the window held at one request.

    PostgreSQL partitions them by week (`CreateUsageSample` in tracker/migrations). The
    primary key is (session, at, id, project), so a query should name the session or a
    span of time.
    """

    # Every table has the project, so that a distributed database can split by it.
    # The database does not check these two: PostgreSQL would look up and lock both rows
    # for each sample. Instead the writer locks the session's row while it writes, and
    # deleting locks it too (tracker/upkeep/deleting.py).
    project = models.ForeignKey(
        "tracker.Project",
        on_delete=models.CASCADE,
        db_index=False,
        db_constraint=False,
    )
    session = models.ForeignKey(
        "tracker.LLMSession",
        on_delete=models.CASCADE,
        related_name="samples",
        db_index=False,
        db_constraint=False,
    )
    lane = models.CharField(max_length=255, default="main")
    at = models.DateTimeField()
    event_id = models.CharField(max_length=255)
    model = models.CharField(max_length=200, blank=True)
    used_tokens = models.BigIntegerField()
    system_tokens = models.BigIntegerField()
    history_tokens = models.BigIntegerField()
    user_context_tokens = models.BigIntegerField()
    tools_tokens = models.BigIntegerField()
    unattributed_tokens = models.BigIntegerField()
    input_tokens = models.BigIntegerField(null=True)
    output_tokens = models.BigIntegerField(null=True)
    cache_read_tokens = models.BigIntegerField(null=True)
    cache_creation_tokens = models.BigIntegerField(null=True)
    cache_hour_tokens = models.BigIntegerField(null=True)  # of these, for an hour
    cache_reason = models.CharField(max_length=64, null=True)  # noqa: DJ001  # see its migration
    message_count = models.BigIntegerField(null=True)
    window_tokens = models.BigIntegerField()
    window_source = models.CharField(max_length=14)
    available_tokens = models.BigIntegerField()
    level = models.CharField(max_length=8, choices=LEVEL_CHOICES)
    source = models.CharField(max_length=10)
    parts_source = models.CharField(max_length=10, blank=True)
    origin = models.CharField(max_length=20)
    is_late = models.BooleanField(default=False)
    is_clock_skewed = models.BooleanField(default=False)
    # Why it cannot be what the window held (UsageReport.implausible); "" where nothing
    # speaks against it. It moved no gauge and fired no event.
    implausible = models.CharField(max_length=12, blank=True, default="")
    # Why its usage is a part of what was paid (UsageReport.partial); "" for all.
    partial = models.CharField(max_length=12, blank=True, default="")
    # What the turn added (`Filling.take_added`); "" where its messages are not known.
    added = models.TextField(blank=True, default="")

    class Meta:
        # For SQLite. On PostgreSQL the primary key serves as this index.
        indexes = [models.Index(fields=["session", "at"], name="sample_of_session")]

    def __str__(self) -> str:
        return f"{self.used_tokens:,} tokens at {self.at}"

    @property
    def used_ratio(self) -> float:
        return self.used_tokens / self.available_tokens


class EventKey(models.Model):
    """An event id that was used. It has a table of its own, because samples are
    partitioned by time and a unique constraint cannot span partitions.
    """

    pk = models.CompositePrimaryKey("session_id", "digest")
    session = models.ForeignKey(
        "tracker.LLMSession",
        on_delete=models.CASCADE,
        db_index=False,
        db_constraint=False,  # see UsageSample
    )
    digest = models.BinaryField(max_length=16)  # blake2b of the event id
    at = models.DateTimeField()  # where to find its sample
    # For a database that is distributed by project. Empty in old rows.
    project_id = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return self.digest.hex()


class PackedKeys(models.Model):
    """Event keys of a session that rests, in one row (`ingest/rows/packed_keys.py`).
    An event id is known where it is in either table.
    """

    pk = models.CompositePrimaryKey("session_id", "first")
    session = models.ForeignKey(
        "tracker.LLMSession",
        on_delete=models.CASCADE,
        db_index=False,
        db_constraint=False,  # see UsageSample
    )
    first = models.BinaryField(max_length=16)  # no smaller digest is in this row
    keys = models.BinaryField()
    oldest_at = models.DateTimeField()
    project_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{len(self.keys) // 24} keys from {self.first.hex()}"
