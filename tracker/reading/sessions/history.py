"""A session's recent samples, and the forecast from them."""

from __future__ import annotations

from tracker.domain.budget.forecast import MAX_STEPS, Forecast, Moment, forecast
from tracker.domain.budget.policy import PolicyError
from tracker.domain.budget.resolution import EffectivePolicy
from tracker.domain.reports import MAIN_LANE, Parts
from tracker.models.compressions import Compression
from tracker.models.samples import UsageSample
from tracker.models.sessions import PART_COLUMNS, LLMSession

COLUMNS = ("at", "used_tokens", *PART_COLUMNS, "output_tokens")


def recent_observations(
    session: LLMSession, limit: int = MAX_STEPS + 1
) -> list[Moment]:
    """The last samples of the main lane, oldest first; without late and
    implausible ones."""
    newest = UsageSample.objects.filter(
        session=session, lane=MAIN_LANE, is_late=False, implausible=""
    ).order_by("-at", "-pk")
    rows = list(newest.values_list(*COLUMNS)[:limit])
    return [
        Moment(at, used, Parts(*parts), output)
        for at, used, *parts, output in rows[::-1]
    ]


def forecast_for(session: LLMSession, effective: EffectivePolicy) -> Forecast:
    """The session's forecast under this policy. Two queries.

    It says nothing where the policy does not fit the window that was last reported.
    """
    try:
        limits = effective.limits_for(session.window_tokens)
    except PolicyError:
        return Forecast("window", 0)
    compressions = Compression.objects.filter(
        session=session, lane=MAIN_LANE, is_advice=False
    )
    return forecast(
        recent_observations(session),
        limits,
        compressed_at=compressions.order_by("-at").values_list("at", flat=True).first(),
        used_tokens=session.used_tokens,
    )
