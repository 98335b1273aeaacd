"""Runway: at the recent pace, how many turns and minutes to each threshold.

Measured on real transcripts (docs/guide.md, "Runway"): the true number of turns lies
within the range about three times in four, and is missed on the early side one
time in seven.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from tracker.domain.budget.policy import Limits
from tracker.domain.budget.spread import Spread, weighted_mean
from tracker.domain.budget.status import LEVELS
from tracker.domain.reports import Parts

MIN_STEPS = 8  # fewer turns since the last reset say nothing
MAX_STEPS = 200  # older turns weigh less than a thousandth
# A turn counts half as much as one 20 turns later: the best of eleven estimators on
# the transcripts; medians and trimmed means overlook the jumps that fill a window.
HALF_LIFE = 20
RESET_SHARE = 0.9  # a fall below 90 % of the turn before is a new beginning
PAUSE_SECONDS = 300.0  # a longer gap is a person who went away, not the pace
FURTHEST_TURNS = 200  # the error was never measured further away, so nothing is shown
JUMP_TIMES = 4  # a jump is a turn of four times the pace


@dataclass(frozen=True, slots=True)
class Moment:
    """One sample of the main lane, as the forecast needs it."""

    at: datetime
    used_tokens: int
    parts: Parts = Parts()
    output_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """The way to one level. `turns_high` None: it may be more than
    FURTHEST_TURNS, or never.
    """

    level: str
    tokens_left: int
    turns: int
    turns_low: int
    turns_high: int | None
    minutes: float

    @property
    def hours(self) -> float:
        return self.minutes / 60


@dataclass(frozen=True, slots=True)
class Jump:
    """The last turn that grew far more than the pace. `cause` is "answer" (the answer
    before it came into the window) or the part that grew most, with its own growth.
    """

    at: datetime
    tokens: int
    cause: str
    cause_tokens: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """`silent` says why nothing is told ("history": too short, "pace": not growing,
    "window": the policy does not fit into it), else "". `steps` are the turns it
    rests on; `pace_tokens` are a turn's.
    """

    silent: str
    steps: int
    pace_tokens: float = 0.0
    seconds_per_turn: float = 0.0
    reaches: tuple[Reach, ...] = ()
    jump: Jump | None = None

    @property
    def pace_whole(self) -> int:
        return round(self.pace_tokens)

    @property
    def next(self) -> Reach | None:
        """The nearest threshold within sight."""
        return self.reaches[0] if self.reaches else None


def forecast(
    moments: Sequence[Moment],
    limits: Limits,
    *,
    compressed_at: datetime | None = None,
    used_tokens: int | None = None,
) -> Forecast:
    """From samples in the order of time, newest last. `compressed_at` is the last
    compression: what was before it tells nothing of the pace after it. `used_tokens`
    is what the gauge shows where that is not the newest sample's number.
    """
    run = _since_reset(moments, compressed_at)
    steps = [b.used_tokens - a.used_tokens for a, b in zip(run, run[1:], strict=False)]
    if len(steps) < MIN_STEPS:
        return Forecast("history", len(steps))
    weights = _weights(len(steps))
    pace = round(weighted_mean(steps, weights), 6)
    if pace <= 0:
        return Forecast("pace", len(steps))
    seconds = weighted_mean(
        [_gap(a, b) for a, b in zip(run, run[1:], strict=False)], weights
    )
    spread = Spread.of(steps, weights, pace)
    used = run[-1].used_tokens if used_tokens is None else used_tokens
    reaches = [
        reach
        for level, tokens in _borders(limits)
        if tokens > used
        and (reach := _reach(level, tokens - used, spread, seconds)) is not None
    ]
    jump = _last_jump(run, pace)
    return Forecast("", len(steps), pace, seconds, tuple(reaches), jump)


def _since_reset(
    moments: Sequence[Moment], compressed_at: datetime | None
) -> list[Moment]:
    run: list[Moment] = []
    for moment in reversed(moments):
        if compressed_at is not None and moment.at <= compressed_at:
            break
        if run and run[-1].used_tokens < moment.used_tokens * RESET_SHARE:
            break
        run.append(moment)
        if len(run) > MAX_STEPS:
            break
    return run[::-1]


def _borders(limits: Limits) -> tuple[tuple[str, int], ...]:
    """Each level above ok with its first token."""
    firsts = (
        limits.warning_tokens,
        limits.compress_tokens,
        limits.critical_tokens,
        limits.available_tokens + 1,
    )
    return tuple(zip(LEVELS[1:], firsts, strict=True))


def _weights(count: int) -> list[float]:
    fade = 0.5 ** (1 / HALF_LIFE)
    return [fade ** (count - 1 - index) for index in range(count)]


def _gap(before: Moment, after: Moment) -> float:
    return min(max(0.0, (after.at - before.at).total_seconds()), PAUSE_SECONDS)


def _reach(level: str, tokens: int, spread: Spread, seconds: float) -> Reach | None:
    turns = round(tokens / spread.pace, 6)
    if turns > FURTHEST_TURNS:
        return None
    low, high = spread.range_of(tokens)
    return Reach(
        level=level,
        tokens_left=tokens,
        turns=max(1, math.ceil(turns)),
        turns_low=max(1, math.floor(round(low, 6))),
        turns_high=_high(high),
        minutes=turns * seconds / 60,
    )


def _high(turns: float | None) -> int | None:
    if turns is None or turns > FURTHEST_TURNS:
        return None
    return max(1, math.ceil(round(turns, 6)))


def _last_jump(run: Sequence[Moment], pace: float) -> Jump | None:
    for index in range(len(run) - 1, 0, -1):
        before, after = run[index - 1], run[index]
        grown = after.used_tokens - before.used_tokens
        if grown >= JUMP_TIMES * pace:
            cause, tokens = _cause(before, after, grown)
            return Jump(after.at, grown, cause, tokens)
    return None


def _cause(before: Moment, after: Moment, grown: int) -> tuple[str, int]:
    """At least half of it from the answer before, else the part that grew most."""
    answer = before.output_tokens or 0
    if 2 * answer >= grown:
        return "answer", min(answer, grown)
    names = [part.name for part in fields(Parts)]
    growth = {n: getattr(after.parts, n) - getattr(before.parts, n) for n in names}
    name = max(names, key=lambda part: growth[part])
    return (name, growth[name]) if growth[name] > 0 else ("history", grown)
