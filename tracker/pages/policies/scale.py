"""A policy's limits as its page draws them: the scale, and shares in tokens."""

from __future__ import annotations

from dataclasses import dataclass

from tracker.domain.budget.policy import Limits, PolicyError
from tracker.domain.budget.resolution import EffectivePolicy
from tracker.models import Policy
from tracker.models.settings.policies import policy_book


@dataclass(frozen=True, slots=True)
class Scale:
    """Percent of the window's width; `tokens` by the form field they explain."""

    limits: Limits
    effective: EffectivePolicy

    @property
    def tokens(self) -> dict[str, int]:
        limits = self.limits
        return {
            "warning": limits.warning_tokens,
            "compress": limits.compress_tokens,
            "critical": limits.critical_tokens,
            "target": limits.target_tokens,
            "margin": limits.margin_tokens,
        }

    def at(self, tokens: int) -> float:
        return round(100 * tokens / self.limits.window_tokens, 2)

    @property
    def zones(self) -> list[tuple[str, float, float]]:
        limits = self.limits
        borders = [
            ("warning", limits.warning_tokens, limits.compress_tokens),
            ("compress", limits.compress_tokens, limits.critical_tokens),
            ("critical", limits.critical_tokens, limits.available_tokens),
        ]
        return [
            (level, self.at(start), round(max(0.0, self.at(end) - self.at(start)), 2))
            for level, start, end in borders
        ]

    @property
    def available_x(self) -> float:
        return self.at(self.limits.available_tokens)

    @property
    def reserve_width(self) -> float:
        return round(100 - self.available_x, 2)

    @property
    def target_x(self) -> float:
        return self.at(self.limits.target_tokens)


def scale_of(edited: Policy) -> Scale | None:
    """With the policies it is combined with, for the plainest session it applies to.
    None when it contradicts itself.
    """
    others = Policy.objects.exclude(pk=edited.pk)
    session = edited.session
    where: tuple[int, str, int | None]
    if session is not None:
        where = (session.project_id, session.model, session.pk)
    else:
        model = edited.model_pattern.replace("*", "").replace("?", "x")
        where = (edited.project_id or 0, model, None)
    effective = policy_book([*others, edited]).policy_for(*where)
    if effective.problem:
        return None
    try:
        return Scale(effective.limits_for(None), effective)
    except PolicyError:
        return None
