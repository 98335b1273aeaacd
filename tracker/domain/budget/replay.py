"""Replays a session's observations under one policy: its events and due moments.

The tight loop of a backtest: plain tuples in, a million observations in under a
second. It decides as `budget.level_of` and `budget.crossing` do (a property test
holds them together).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tracker.domain.budget.policy import BudgetPolicy, PolicyError
from tracker.domain.budget.status import LEVELS

# What an observation is: a sample is 0, a compression a sum of the others.
SAMPLE, COMPRESSION, SETS_GAUGE, BY_POLICY = 0, 1, 2, 4
# kind, used tokens (a compression's: after), messages or -1, index of the rule
Observation = tuple[int, int, int, int]


class Rule(NamedTuple):
    """A policy applied to one window, in the numbers the loop compares."""

    warning: int
    compress: int
    critical: int
    available: int
    margin: int
    target: int
    message_limit: int
    applies: bool  # mode "apply": a due compression changes what follows


def rule_of(policy: BudgetPolicy, window_tokens: int) -> Rule | None:
    """None where the policy does not fit into this window: it cannot judge it."""
    try:
        limits = policy.limits(window_tokens)
    except PolicyError:
        return None
    return Rule(
        limits.warning_tokens,
        limits.compress_tokens,
        limits.critical_tokens,
        limits.available_tokens,
        limits.margin_tokens,
        limits.target_tokens,
        policy.message_limit,
        policy.mode == "apply",
    )


class Event(NamedTuple):
    """The observation numbered `at` moved the event level, both as ranks in LEVELS."""

    at: int
    from_rank: int
    to_rank: int


class Due(NamedTuple):
    """A compression was due from `start` until before `end` (where it was done, or
    the number fell a margin below the threshold).
    """

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Track:
    """`unjudged` counts samples whose window the policy does not fit into."""

    events: list[Event]
    dues: list[Due]
    unjudged: int


def rank_of(used: int, rule: Rule) -> int:
    """The level of a number of tokens, as its rank in LEVELS."""
    if used > rule.available:
        return 4
    return (used >= rule.warning) + (used >= rule.compress) + (used >= rule.critical)


def replay(  # noqa: C901 - one loop: a call for each of a million costs the second
    observations: Sequence[Observation], rules: Sequence[Rule | None]
) -> Track:
    """Judge observations of one session in the order they were taken in, late
    samples left away. An observation's last number is the index of its rule.
    """
    events: list[Event] = []
    dues: list[Due] = []
    rank, since, unjudged = 0, -1, 0
    for index, (kind, used, messages, rule_index) in enumerate(observations):
        if kind:
            if since >= 0:
                dues.append(Due(since, index))
                since = -1
            if not kind & SETS_GAUGE:
                continue
        rule = rules[rule_index]
        if rule is None:
            unjudged += 1
            continue
        warning, compress, _, _, margin, _, message_limit, _ = rule
        too_many = messages > message_limit
        if used < warning and not rank and since < 0 and not too_many:
            continue  # nearly all observations end here
        now = rank_of(used, rule)
        if now <= rank:
            now = min(rank, rank_of(used + margin, rule))
        if now != rank:
            events.append(Event(index, rank, now))
            rank = now
        if since < 0:
            if used >= compress or too_many:
                since = index
        elif used + margin < compress and not too_many:
            dues.append(Due(since, index))
            since = -1
    if since >= 0:
        dues.append(Due(since, len(observations)))
    return Track(events, dues, unjudged)


class Fullest(NamedTuple):
    """The worst moment of a session; `rule` is the one that judged it."""

    used_tokens: int
    rank: int
    available_tokens: int

    @property
    def level(self) -> str:
        return LEVELS[self.rank]


def fullest(
    observations: Sequence[Observation],
    rules: Sequence[Rule | None],
    *,
    start: int = 0,
    left_out: Sequence[range] = (),
) -> Fullest | None:
    """The highest level from `start` on, there the most tokens. None: no sample."""
    hidden = {index for stretch in left_out for index in stretch}
    found: Fullest | None = None
    most, rank = -1, 0
    for index in range(start, len(observations)):
        kind, used, _, rule_index = observations[index]
        rule = rules[rule_index]
        if kind or rule is None or (used <= most and used < rule.warning):
            continue
        now = rank_of(used, rule)
        if (now, used) > (rank, most) and index not in hidden:
            most, rank = used, now
            found = Fullest(used, now, rule.available)
    return found
