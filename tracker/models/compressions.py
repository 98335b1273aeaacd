"""Compressions: one replacement of messages, its numbers, and a person's review."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Compression(models.Model):
    TRIGGERS = [
        (name, name.capitalize())
        for name in (
            "messages",
            "budget",
            "critical",
            "exceeded",
            "manual",
            "auto",
            "suspected",  # found by the tracker: usage dropped and nobody said why
        )
    ]
    REVIEWS = [
        ("pending", "Pending"),
        ("accepted", "Accepted"),
        ("flagged", "Flagged"),
    ]
    PERFORMERS = [("tracker", "Tracker"), ("client", "Client")]

    project = models.ForeignKey(
        "tracker.Project", on_delete=models.CASCADE, db_index=False
    )
    session = models.ForeignKey(
        "tracker.LLMSession",
        on_delete=models.CASCADE,
        related_name="compressions",
        db_index=False,
    )
    seq = models.BigIntegerField()
    at = models.DateTimeField()
    event_id = models.CharField(max_length=255, blank=True)
    lane = models.CharField(max_length=255, default="main")
    model = models.CharField(max_length=200, blank=True)
    origin = models.CharField(max_length=20, default="api")
    performed_by = models.CharField(max_length=7, choices=PERFORMERS)
    trigger = models.CharField(max_length=9, choices=TRIGGERS)
    strategy = models.CharField(max_length=64, blank=True)
    before_tokens = models.BigIntegerField()
    after_tokens = models.BigIntegerField()
    claimed_before_tokens = models.BigIntegerField(null=True)
    claimed_after_tokens = models.BigIntegerField(null=True)
    target_tokens = models.BigIntegerField(null=True)
    before_message_count = models.BigIntegerField(null=True)
    after_message_count = models.BigIntegerField(null=True)
    # The provider refused what the gateway sent; the original went out instead.
    refused_at = models.DateTimeField(null=True)
    is_advice = models.BooleanField(default=False)  # planned, not applied
    # Whether the gauge showed after_tokens until the next report. Replaying history
    # needs this.
    sets_gauge = models.BooleanField(default=False)
    score = models.FloatField(null=True)
    facts_kept = models.BigIntegerField(null=True)
    facts_lost = models.BigIntegerField(null=True)
    used_again = models.BigIntegerField(null=True)
    verdicts = models.JSONField(default=list, blank=True)
    review = models.CharField(max_length=8, choices=REVIEWS, default="pending")
    review_note = models.TextField(blank=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    reviewed_at = models.DateTimeField(null=True, blank=True)
    # True where a review says what was lost, or soon will. False where only numbers are
    # known: people could decide nothing. (db_default: older servers insert without it.)
    is_reviewable = models.BooleanField(default=True, db_default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "seq"], name="compression_seq_once"
            )
        ]
        indexes = [
            models.Index(fields=["session", "at"], name="compression_of_session"),
            models.Index(
                fields=["project", "review", "at"], name="compression_to_review"
            ),
            models.Index(fields=["at"], name="compression_newest"),
            models.Index(
                fields=["project", "at"],
                condition=models.Q(review="pending", is_reviewable=True),
                name="compression_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.before_tokens:,} → {self.after_tokens:,} tokens"

    @property
    def is_suspected(self) -> bool:
        return self.trigger == "suspected"

    @property
    def told_by(self) -> str:
        """Who reported it and why it was done, in words: `client, auto`."""
        return told_by(self.trigger, self.performed_by)

    @property
    def saved_tokens(self) -> int:
        """Negative when the result was larger than the source."""
        return self.before_tokens - self.after_tokens

    @property
    def saved_ratio(self) -> float:
        return 1 - self.after_tokens / self.before_tokens if self.before_tokens else 0.0

    @property
    def is_target_met(self) -> bool | None:
        """None if there was no target."""
        if self.target_tokens is None:
            return None
        return self.after_tokens <= self.target_tokens


def told_by(trigger: str, performed_by: str) -> str:
    if trigger == "suspected":
        return "suspected: not reported by the client"
    return f"{performed_by}, {trigger}"


# Those that the inbox counts and shows first, and those under *Numbers only*.
WAITING = models.Q(review="pending", is_reviewable=True)
NUMBERS_ONLY = models.Q(review="pending", is_reviewable=False)


class CompressionText(models.Model):
    """The texts of a compression, apart from its numbers: so lists are fast, and
    retention can delete the texts and keep the numbers.
    """

    compression = models.OneToOneField(
        Compression, on_delete=models.CASCADE, primary_key=True, related_name="text"
    )
    # See EventKey.project_id.
    project_id = models.BigIntegerField(null=True)
    summary = models.TextField(blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    plan = models.JSONField(null=True)  # what the tracker planned, tier by tier
    analysis = models.JSONField(null=True)  # of domain.review.retention

    def __str__(self) -> str:
        return f"text of compression {self.compression_id}"
