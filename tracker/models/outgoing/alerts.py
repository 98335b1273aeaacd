"""Alerts: where messages go, which rules send them, and what was sent."""

from __future__ import annotations

import secrets
import uuid

from django.db import models

from tracker.domain.alerts import KINDS, Rule
from tracker.domain.conversation.text.visible_text import visible
from tracker.models.sessions import LEVEL_CHOICES


def new_secret() -> str:
    return secrets.token_urlsafe(32)


class AlertChannel(models.Model):
    """`target` is an address of http, or e-mail addresses with commas. Both it and
    `secret`, which signs webhooks, are for the project's administrators alone.
    """

    CHANNELS = [
        ("webhook", "Webhook"),
        ("slack", "Slack"),
        ("discord", "Discord"),
        ("email", "E-mail"),
    ]

    project = models.ForeignKey("tracker.Project", on_delete=models.CASCADE)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=8, choices=CHANNELS)
    target = models.CharField(max_length=1_000)
    secret = models.CharField(max_length=64, default=new_secret)
    # The address of this site, as the person saw it who made the channel: for links.
    site_address = models.CharField(max_length=300)

    def __str__(self) -> str:
        return visible(self.name)


class AlertRule(models.Model):
    """The fields of `domain.alerts.Rule`, as people edit them."""

    project = models.ForeignKey("tracker.Project", on_delete=models.CASCADE)
    channel = models.ForeignKey(AlertChannel, on_delete=models.CASCADE)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=9, choices=list(KINDS.items()))
    level = models.CharField(max_length=8, choices=LEVEL_CHOICES, default="critical")
    number = models.FloatField(null=True, blank=True)
    model_pattern = models.CharField(max_length=200, blank=True)
    metadata_key = models.CharField(max_length=100, blank=True)
    metadata_value = models.CharField(max_length=200, blank=True)
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    zone = models.CharField(max_length=60, default="UTC")
    # Once a day, all of this rule's messages in one; empty: each at once.
    digest_at = models.TimeField(null=True, blank=True)
    is_on = models.BooleanField(default=True)

    def __str__(self) -> str:
        return visible(self.name)

    def as_rule(self) -> Rule:
        return Rule(
            self.pk, self.channel_id, self.name, self.kind, self.level, self.number,
            self.model_pattern, self.metadata_key, self.metadata_value,
            self.quiet_from, self.quiet_until, self.zone, self.digest_at,
        )  # fmt: skip


class AlertDelivery(models.Model):
    """One message to one channel: the outbox, and afterwards the log. Written in the
    transaction of its event, so it is lost only together with the event. It is sent at
    least once: a receiver drops a second copy by `message_id`.
    """

    STATES = [("waiting", "Waiting"), ("sent", "Sent"), ("failed", "Not delivered")]

    project = models.ForeignKey("tracker.Project", on_delete=models.CASCADE)
    channel = models.ForeignKey(AlertChannel, on_delete=models.CASCADE)
    rule = models.ForeignKey(AlertRule, null=True, on_delete=models.SET_NULL)
    # What happened, once per rule: `event 7`, `compression 8`, `silent since …`.
    about = models.CharField(max_length=100)
    message_id = models.UUIDField(default=uuid.uuid4, unique=True)
    message = models.JSONField()
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    is_gathered = models.BooleanField(default=False)  # until it is told with others
    attempts = models.IntegerField(default=0)
    state = models.CharField(max_length=7, choices=STATES, default="waiting")
    answer = models.CharField(max_length=300, blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "alert deliveries"
        constraints = [
            models.UniqueConstraint(fields=["rule", "about"], name="alert_once")
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="alert_waiting",
                condition=models.Q(state="waiting"),
            ),
            models.Index(fields=["project", "created_at"], name="alert_log"),
        ]

    def __str__(self) -> str:
        return str(self.message.get("title", self.about))


def load_rules() -> dict[int, list[Rule]]:
    """Project id -> its rules that are on. One query."""
    found: dict[int, list[Rule]] = {}
    for row in AlertRule.objects.filter(is_on=True).order_by("pk"):
        found.setdefault(row.project_id, []).append(row.as_rule())
    return found
