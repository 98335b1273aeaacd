"""The forms of a channel and of a rule, with what must fit together."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from tracker.alerts.sending import recipients
from tracker.alerts.targets import TargetError, checked_url
from tracker.changes.seen_form import SeenForm
from tracker.models import AlertChannel, AlertRule, Project

MOST_RECIPIENTS = 10
MOST_DOLLARS = 1_000_000_000


class ChannelForm(SeenForm):
    """Refuses a target that nothing may be sent to."""

    class Meta:
        model = AlertChannel
        fields = ("name", "kind", "target")
        labels = {"kind": "Kind", "target": "Address"}
        help_texts = {
            "target": "Of the webhook (for Slack and Discord their incoming webhook), "
            "or e-mail addresses with commas."
        }

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        target, kind = found.get("target", ""), found.get("kind")
        try:
            if kind == "email":
                self._check_mail()
            elif kind and target:
                checked_url(target)
        except (TargetError, ValidationError) as error:
            text = error.messages if isinstance(error, ValidationError) else str(error)
            self.add_error("target", text)
        return found

    def _check_mail(self) -> None:
        if not settings.EMAIL_HOST:
            raise TargetError(
                "This server has no mail server: its operator sets "
                "TOKEN_BUDGET_EMAIL_HOST."
            )
        found = recipients(AlertChannel(target=self.cleaned_data.get("target", "")))
        if not 1 <= len(found) <= MOST_RECIPIENTS:
            raise TargetError(f"Give 1 to {MOST_RECIPIENTS} e-mail addresses.")
        for address in found:
            validate_email(address)


class RuleForm(SeenForm):
    """Takes a rule whose parts fit, with a channel of the same project."""

    zone = forms.CharField(
        initial="UTC", label="Time zone", help_text="Such as Europe/Berlin."
    )

    class Meta:
        model = AlertRule
        fields = (
            "name", "kind", "level", "number", "channel", "model_pattern",
            "metadata_key", "metadata_value", "quiet_from", "quiet_until",
            "digest_at", "zone", "is_on",
        )  # fmt: skip
        labels = {
            "kind": "When",
            "number": "Score, minutes or dollars",
            "channel": "Tell",
            "model_pattern": "Only models like",
            "metadata_key": "Only with metadata",
            "metadata_value": "of the value",
            "quiet_from": "Quiet from",
            "quiet_until": "until",
            "digest_at": "Once a day, at",
            "is_on": "On",
        }
        help_texts = {
            "level": "For “reaches a level”: this one, or a worse one.",
            "number": "A score from 0 to 1, the minutes without a report, or the US "
            "dollars of a calendar month (UTC).",
            "model_pattern": "A name; * matches anything. Empty: all models.",
            "quiet_until": "Messages of the quiet hours come at their end. A session "
            "that exceeds its budget is told at once.",
            "digest_at": "All messages of the day in one. Empty: each at once.",
        }
        widgets = {
            "quiet_from": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "quiet_until": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "digest_at": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        }

    def __init__(self, *args: Any, project: Project, **options: Any) -> None:
        super().__init__(*args, **options)
        channels = AlertChannel.objects.filter(project=project).order_by("name")
        self.fields["channel"].queryset = channels  # type: ignore[attr-defined]  # of a model's choice

    def clean_zone(self) -> str:
        zone = str(self.cleaned_data["zone"])
        if zone not in available_timezones():
            raise ValidationError("This is no time zone.")
        return zone

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        kind, number = found.get("kind"), found.get("number")
        if kind == "score" and (number is None or not 0 <= number <= 1):
            self.add_error("number", "Give a score from 0 to 1.")
        if kind == "silent" and (number is None or not 1 <= number <= 100_000):
            self.add_error("number", "Give the minutes, 1 or more.")
        if kind == "spend" and (number is None or not 0 < number <= MOST_DOLLARS):
            self.add_error("number", "Give the dollars, more than 0.")
        if kind == "spend" and found.get("metadata_key"):
            self.add_error("metadata_key", "A month's cost is not split by metadata.")
        if (found.get("quiet_from") is None) != (found.get("quiet_until") is None):
            self.add_error("quiet_until", "Give both ends of the quiet hours.")
        return found
