"""What a changed policy would have said: stored observations judged by two policies.

Honest about what nobody can know: where the changed policy would have compressed
earlier or later than the session really was, what follows is a guess. It is left
out and counted, until both see the same session again (`divergence`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tracker.domain.budget.divergence import unknown_stretches
from tracker.domain.budget.replay import (
    SAMPLE,
    Due,
    Fullest,
    Observation,
    Rule,
    Track,
    fullest,
    replay,
)


@dataclass(frozen=True, slots=True)
class SessionHistory:
    """The stored measurements of one session's main lane, without late samples.

    All of it is replayed, so that the levels at `counted_from` are right; only what
    happens from there on is counted.
    """

    session: int
    observations: Sequence[Observation]
    counted_from: int = 0


@dataclass(frozen=True, slots=True)
class Totals:
    """Rising threshold events by the level they reached; compressions that became
    due, and the tokens above the target at those moments.
    """

    warning: int = 0
    compress: int = 0
    critical: int = 0
    exceeded: int = 0
    compressions: int = 0
    tokens_to_free: int = 0

    def plus(self, other: Totals) -> Totals:
        return Totals(
            self.warning + other.warning,
            self.compress + other.compress,
            self.critical + other.critical,
            self.exceeded + other.exceeded,
            self.compressions + other.compressions,
            self.tokens_to_free + other.tokens_to_free,
        )


@dataclass(frozen=True, slots=True)
class SessionComparison:
    """One session under both policies. `tried_fullest` is the fullest known moment;
    None if the changed policy does not fit into its window.
    """

    session: int
    samples: int
    left_out: int
    unjudged: int
    saved: Totals
    tried: Totals
    saved_fullest: Fullest | None
    tried_fullest: Fullest | None

    @property
    def is_judged_differently(self) -> bool:
        if self.saved_fullest is None or self.tried_fullest is None:
            return self.saved_fullest is not self.tried_fullest
        return self.saved_fullest.rank != self.tried_fullest.rank


@dataclass(frozen=True, slots=True)
class Backtest:
    """All sessions together. `left_out` samples follow a compression that would have
    come at another moment; `unjudged` ones report a window the changed policy does
    not fit into.
    """

    sessions: tuple[SessionComparison, ...]
    samples: int
    left_out: int
    unjudged: int
    saved: Totals
    tried: Totals

    @property
    def judged_differently(self) -> list[SessionComparison]:
        """The fullest first."""
        found = [s for s in self.sessions if s.is_judged_differently]
        found.sort(key=_saved_tokens, reverse=True)
        return found


def _saved_tokens(session: SessionComparison) -> int:
    return session.saved_fullest.used_tokens if session.saved_fullest else 0


def compare(
    history: SessionHistory,
    *,
    saved: Sequence[Rule | None],
    tried: Sequence[Rule | None],
) -> SessionComparison:
    """`saved` and `tried` hold the rule of each index that observations name."""
    observations, start = history.observations, history.counted_from
    before = replay(observations, saved)
    worst = fullest(observations, saved, start=start)
    if saved == tried:
        after, unknown, tried_worst = before, [], worst
    else:
        after = replay(observations, tried)
        unknown = unknown_stretches(
            observations, tried, before=before.dues, after=after.dues
        )
        tried_worst = fullest(observations, tried, start=start, left_out=unknown)
    return SessionComparison(
        session=history.session,
        samples=_samples(observations, range(start, len(observations))),
        left_out=sum(_samples(observations, s) for s in _from(unknown, start)),
        unjudged=after.unjudged,
        saved=_totals(observations, saved, before, start=start),
        tried=_totals(observations, tried, after, start=start, unknown=unknown),
        saved_fullest=worst,
        tried_fullest=tried_worst,
    )


def sum_up(sessions: Iterable[SessionComparison]) -> Backtest:
    found = tuple(sessions)
    saved = tried = Totals()
    for session in found:
        saved, tried = saved.plus(session.saved), tried.plus(session.tried)
    return Backtest(
        sessions=found,
        samples=sum(s.samples for s in found),
        left_out=sum(s.left_out for s in found),
        unjudged=sum(s.unjudged for s in found),
        saved=saved,
        tried=tried,
    )


def _samples(observations: Sequence[Observation], stretch: range) -> int:
    return sum(observations[index][0] == SAMPLE for index in stretch)


def _from(stretches: Iterable[range], start: int) -> list[range]:
    return [range(max(s.start, start), s.stop) for s in stretches if s.stop > start]


def _totals(
    observations: Sequence[Observation],
    rules: Sequence[Rule | None],
    track: Track,
    *,
    start: int,
    unknown: Sequence[range] = (),
) -> Totals:
    reached = [0] * 5
    for event in track.events:
        if event.to_rank > event.from_rank and _counts(event.at, start, unknown):
            reached[event.to_rank] += 1
    dues = [due for due in track.dues if _counts(due.start, start, unknown)]
    return Totals(
        warning=reached[1],
        compress=reached[2],
        critical=reached[3],
        exceeded=reached[4],
        compressions=len(dues),
        tokens_to_free=sum(_above_target(observations, rules, due) for due in dues),
    )


def _counts(index: int, start: int, unknown: Sequence[range]) -> bool:
    return index >= start and not any(index in stretch for stretch in unknown)


def _above_target(
    observations: Sequence[Observation], rules: Sequence[Rule | None], due: Due
) -> int:
    _, used, _, rule_index = observations[due.start]
    rule = rules[rule_index]
    return max(0, used - rule.target) if rule else 0
