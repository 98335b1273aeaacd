"""Sessions in an answer: budget, counts, how they were counted, cost and forecast."""

from __future__ import annotations

from typing import Annotated, Any, Self

from tracker.api.shapes.budget import Budget
from tracker.api.shapes.counting import (
    Counting,
    Divergence,
    ModelInfo,
    counting_in_answer,
    divergence_in_answer,
)
from tracker.api.shapes.fields import (
    Answer,
    Level,
    Next,
    Object,
    Time,
    Tokens,
    said,
)
from tracker.domain.budget import forecast
from tracker.domain.budget.status import BudgetStatus
from tracker.models import LLMSession, SessionLane
from tracker.reading.policies.policy_shelf import present_policies
from tracker.reading.sessions.costs import SessionCost, cost_of_session
from tracker.reading.sessions.counting import counting_of
from tracker.reading.sessions.history import forecast_for


def judged(session: LLMSession, gauge: LLMSession | SessionLane) -> BudgetStatus:
    """The budget of a session, or of one of its lanes, under the present policies."""
    policies = present_policies()
    return policies.policy_for(session.project_id, gauge.model, session.pk).judge(gauge)


class Session(Answer):
    """One conversation or agent run: its main lane's budget, and its counts."""

    session: str
    title: str
    model: str
    lanes: Annotated[list[str], said("main first, then sub-agents by name.")]
    budget: Budget
    first_at: Time | None
    last_at: Time | None
    sample_count: int
    event_count: int
    compression_count: int
    saved_tokens: Tokens
    message_count: int | None
    metadata: Object
    compact_at_tokens: Annotated[
        Tokens | None, said("Where the client compacts by itself, as it was told last.")
    ]

    @classmethod
    def of(cls, session: LLMSession, lanes: list[SessionLane], **own: Any) -> Self:
        return cls.copied(
            session,
            session=session.key,
            lanes=["main", *(lane.name for lane in lanes)],
            budget=Budget.of(judged(session, session)),
            **own,
        )


class SessionPage(Answer):
    results: list[Session]
    next: Next


class SavedMoney(Answer):
    """What compressions saved, in US dollars."""

    cached: Annotated[float, said("At the price of reading the tokens from a cache.")]
    uncached: Annotated[float, said("At the full input price.")]


class Cost(Answer):
    """An estimate by list prices, lanes included."""

    amount: float | None
    currency: str
    is_estimate: bool
    as_of: Annotated[str, said("The oldest of the prices.")]
    priced_requests: Annotated[int, said("Those with reported usage and a price.")]
    requests: int
    saved: SavedMoney | None

    @classmethod
    def of(cls, cost: SessionCost) -> Cost:
        """Money as numbers, to a hundredth of a cent."""
        saved = cost.saved
        return cls.copied(
            cost,
            amount=None if cost.amount is None else float(round(cost.amount, 4)),
            currency="USD",
            is_estimate=True,
            saved=None
            if saved is None
            else SavedMoney(
                float(round(saved.cached, 4)), float(round(saved.uncached, 4))
            ),
        )


class Reach(Answer):
    """The way to one level."""

    level: Level
    tokens_left: int
    turns: int
    turns_low: int
    turns_high: Annotated[int | None, said("Null: perhaps never.")]
    minutes: Annotated[float, said("Of work, without pauses.")]


class Jump(Answer):
    """The last turn that grew far more than the others."""

    at: Time
    tokens: int
    cause: str
    cause_tokens: int


class Forecast(Answer):
    """Turns and minutes of work to each threshold, at the recent pace."""

    steps: Annotated[int, said("The turns it rests on.")]
    pace_tokens: Annotated[float, said("Growth per turn.")]
    seconds_per_turn: float
    thresholds: list[Reach]
    last_jump: Jump | None

    @classmethod
    def of(cls, found: forecast.Forecast) -> Forecast | None:
        """None if the history is too short for a forecast."""
        if found.silent:
            return None
        return cls(
            steps=found.steps,
            pace_tokens=round(found.pace_tokens, 1),
            seconds_per_turn=round(found.seconds_per_turn, 1),
            thresholds=[
                Reach.copied(reach, minutes=round(reach.minutes, 1))
                for reach in found.reaches
            ],
            last_jump=None if found.jump is None else Jump.copied(found.jump),
        )


class LaneBudget(Answer):
    """The budget of one sub-agent."""

    lane: str
    model: str
    budget: Budget
    first_at: Time | None
    last_at: Time | None
    sample_count: int

    @classmethod
    def of(cls, session: LLMSession, lane: SessionLane) -> LaneBudget:
        return cls.copied(lane, lane=lane.name, budget=Budget.of(judged(session, lane)))


class SessionDetail(Session):
    """One session with everything that is known of it."""

    counting: Counting
    divergence: Annotated[
        Divergence | None, said("Null where count and report agree within 10 %.")
    ]
    model_info: Annotated[
        ModelInfo | None, said("What the catalogue knows of the model.")
    ]
    hint: Annotated[str | None, said("What would make the numbers better.")]
    cost: Annotated[Cost | None, said("What the requests cost, lanes included.")]
    forecast: Annotated[
        Forecast | None, said("Null while the history is too short to say.")
    ]
    lane_budgets: list[LaneBudget]

    @classmethod
    def read(cls, session: LLMSession) -> SessionDetail:
        """About ten queries."""
        lanes = list(SessionLane.objects.filter(session=session).order_by("name"))
        policies = present_policies()
        effective = policies.policy_for(session.project_id, session.model, session.pk)
        counting = counting_of(session, effective)
        cost = cost_of_session(session)
        return cls.of(
            session,
            lanes,
            counting=counting_in_answer(counting),
            divergence=divergence_in_answer(counting),
            model_info=None
            if counting.model is None
            else ModelInfo.copied(counting.model),
            hint=counting.hint,
            cost=None if cost is None else Cost.of(cost),
            forecast=Forecast.of(forecast_for(session, effective)),
            lane_budgets=[LaneBudget.of(session, lane) for lane in lanes],
        )
