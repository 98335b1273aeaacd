"""How counts compare with reported usage: by model, and last seen in each lane."""

from __future__ import annotations

from django.db import models

from tracker.domain.counting.calibration import Calibration
from tracker.domain.counting.reconciliation import Divergence, divergence
from tracker.domain.providers.model_names import family_name
from tracker.domain.reports import Parts

NAME_LENGTH = 200
CLIENT_LENGTH = 80


def calibrated_name(name: str) -> str:
    """A counter's name as it is stored."""
    return name[:NAME_LENGTH]


def calibrated_model(model: str) -> str:
    """One row for all spellings and releases of a model: they learn together."""
    return family_name(model)[:NAME_LENGTH]


def calibrated_client(origin: str, client: str) -> str:
    """Who is learnt of: a way in, and the program where that way serves several.
    calibrated_client("optimize", "curl") is "api curl": one program reports and
    optimizes.
    """
    way = "api" if origin == "optimize" else origin
    return f"{way} {client}".strip()[:CLIENT_LENGTH]


class LearntCalibration(models.Model):
    """How one counter's numbers compare with one model's reports to one client, in one
    project.

    A count by characters and one by tokenizer miss in different ways, so each learns
    for itself. So does each client: an agent's hidden prompt and tools of 40,000 tokens
    are nothing that a chat program with the same model sends.
    """

    project = models.ForeignKey("tracker.Project", on_delete=models.CASCADE)
    model = models.CharField(max_length=NAME_LENGTH, blank=True)
    counter = models.CharField(max_length=NAME_LENGTH)
    client = models.CharField(max_length=CLIENT_LENGTH, blank=True, default="")
    state = models.JSONField()  # Calibration.state()
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name = "calibration"
        constraints = [
            models.UniqueConstraint(
                fields=["project", "model", "counter", "client"],
                name="calibration_once",
            )
        ]

    def __str__(self) -> str:
        model = self.model or "unnamed model"
        return f"{model} by {self.counter} for {self.client or 'all'}"

    def calibration(self) -> Calibration:
        return Calibration.from_state(self.state)


class Comparison(models.Model):
    """The last request of a lane that was both counted and reported by the provider.

    `counter` is "" for the caller's own count. `is_anchor` is False after a
    compression: then the next request cannot be predicted from it.
    """

    project_id = models.BigIntegerField()  # its session's
    session = models.ForeignKey(
        "tracker.LLMSession", on_delete=models.CASCADE, related_name="comparisons"
    )
    lane = models.CharField(max_length=255)
    model = models.CharField(max_length=NAME_LENGTH, blank=True)
    counter = models.CharField(max_length=NAME_LENGTH, blank=True)
    client = models.CharField(max_length=CLIENT_LENGTH, blank=True, default="")
    system_tokens = models.BigIntegerField()
    history_tokens = models.BigIntegerField()
    user_context_tokens = models.BigIntegerField()
    tools_tokens = models.BigIntegerField()
    reported_tokens = models.BigIntegerField()
    cached_tokens = models.BigIntegerField()
    at = models.DateTimeField()
    is_anchor = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project_id", "session", "lane"], name="comparison_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.counted.total:,} counted, {self.reported_tokens:,} reported"

    @property
    def counted(self) -> Parts:
        return Parts(
            self.system_tokens,
            self.history_tokens,
            self.user_context_tokens,
            self.tools_tokens,
        )

    def divergence(self, *, is_calibrated: bool) -> Divergence | None:
        """How far count and report differ and why; None where it is less than 10 %."""
        return divergence(
            self.counted,
            self.reported_tokens,
            cached_tokens=self.cached_tokens,
            is_calibrated=is_calibrated,
        )
