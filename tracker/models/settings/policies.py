"""Policies as people edit them. Only the default policy must set every field."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.db import models
from django.db.models.functions import Coalesce

from tracker.domain.budget.policy import STOPS, Threshold
from tracker.domain.budget.resolution import PolicyBook, ScopedPolicy
from tracker.domain.conversation.text.visible_text import visible
from tracker.models.settings.catalogue import load_catalogue

THRESHOLDS = ("warning", "compress", "critical", "target", "margin", "min_reclaim")
NUMBERS = (
    "window_tokens",
    "reserved_tokens",
    "message_limit",
    "keep_first",
    "keep_last",
    "min_reclaim_tokens",
    "cooldown_seconds",
    "gateway_wait_seconds",
    "gateway_cold_share",
    "gateway_control_share",
    *STOPS,
)
TEXTS = ("mode", "gateway_message_limit", "summariser", "counting")


def _percent() -> models.DecimalField[Decimal | None, Decimal | None]:
    return models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)


class Policy(models.Model):
    """Applies where project, model pattern and session match; an empty one matches all.

    A threshold is a percentage of the available tokens or a number of tokens. Where
    both are empty, the next less specific policy decides.
    """

    name = models.CharField(max_length=200, unique=True)
    project = models.ForeignKey(
        "tracker.Project", null=True, blank=True, on_delete=models.CASCADE
    )
    model_pattern = models.CharField(
        max_length=200, blank=True, help_text="A model name; * matches anything."
    )
    session = models.ForeignKey(
        "tracker.LLMSession", null=True, blank=True, on_delete=models.CASCADE
    )
    window_tokens = models.BigIntegerField(null=True, blank=True)
    reserved_tokens = models.BigIntegerField(null=True, blank=True)
    warning_percent = _percent()
    warning_tokens = models.BigIntegerField(null=True, blank=True)
    compress_percent = _percent()
    compress_tokens = models.BigIntegerField(null=True, blank=True)
    critical_percent = _percent()
    critical_tokens = models.BigIntegerField(null=True, blank=True)
    target_percent = _percent()
    target_tokens = models.BigIntegerField(null=True, blank=True)
    margin_percent = _percent()
    margin_tokens = models.BigIntegerField(null=True, blank=True)
    min_reclaim_percent = _percent()
    min_reclaim_tokens = models.BigIntegerField(null=True, blank=True)
    message_limit = models.PositiveIntegerField(null=True, blank=True)
    keep_first = models.PositiveIntegerField(null=True, blank=True)
    keep_last = models.PositiveIntegerField(null=True, blank=True)
    cooldown_seconds = models.PositiveIntegerField(null=True, blank=True)
    mode = models.CharField(
        max_length=8,
        blank=True,
        choices=[
            ("apply", "Apply"),
            ("advise", "Advise only"),
            ("observe", "Observe only"),
        ],
    )
    gateway_message_limit = models.CharField(
        max_length=8,
        blank=True,
        default="",
        choices=[
            ("chats", "Chats without tools"),
            ("all", "All conversations"),
            ("off", "None"),
        ],
    )
    gateway_wait_seconds = models.PositiveIntegerField(null=True, blank=True)
    gateway_cold_share = models.PositiveIntegerField(null=True, blank=True)
    gateway_control_share = models.PositiveIntegerField(null=True, blank=True)
    gateway_session_tokens = models.PositiveBigIntegerField(null=True, blank=True)
    gateway_session_dollars = models.PositiveIntegerField(null=True, blank=True)
    gateway_month_dollars = models.PositiveIntegerField(null=True, blank=True)
    summariser = models.CharField(max_length=200, blank=True)
    # Not `choices`: the settings say which tokenizers there are.
    counting = models.CharField(max_length=64, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "policies"
        constraints = [
            models.UniqueConstraint(
                Coalesce("project", 0),
                "model_pattern",
                Coalesce("session", 0),
                name="policy_scope_once",
                violation_error_message="A policy with this scope already exists.",
            )
        ]

    def __str__(self) -> str:
        return visible(self.name)

    @property
    def scope(self) -> str:
        """Most specific first: session, project_model, project, model, default."""
        if self.session_id:
            return "session"
        if self.project_id:
            return "project_model" if self.model_pattern else "project"
        return "model" if self.model_pattern else "default"

    def overrides(self) -> dict[str, int | str | Threshold]:
        """The fields this policy sets, as BudgetPolicy names them."""
        found: dict[str, int | str | Threshold] = {}
        for name in THRESHOLDS:
            percent = getattr(self, f"{name}_percent")
            tokens = getattr(self, f"{name}_tokens")
            if percent is not None:
                found[name] = Threshold(basis_points=int(percent * 100))
            elif tokens is not None and name != "min_reclaim":
                found[name] = Threshold(tokens=tokens)
        for name in NUMBERS + TEXTS:
            value = getattr(self, name)
            if value not in (None, ""):
                found[name] = value
        return found

    def as_scoped(self) -> ScopedPolicy:
        """This policy as the domain resolves it."""
        return ScopedPolicy(
            name=self.name,
            scope=self.scope,
            overrides=self.overrides(),
            project_id=self.project_id,
            model_pattern=self.model_pattern,
            session_id=self.session_id,
        )


def policy_book(policies: Iterable[Policy]) -> PolicyBook:
    """These policies, stored or not, ready to resolve. One query, for the catalogue."""
    return PolicyBook(
        [p.as_scoped() for p in policies], window_of=load_catalogue().window_of
    )


def load_policy_book() -> PolicyBook:
    """Every stored policy, ready to resolve. Two queries."""
    return policy_book(Policy.objects.all())
