"""A model's facts beside extracts: the budget is full, and as much is readable."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from tracker.domain.compression.summary.extraction import extractive_summary
from tracker.domain.compression.summary.salience import Unit, coverage_order
from tracker.domain.compression.summary.summarising import SummaryRequest
from tracker.domain.compression.summary.summary_lines import SummaryLine, lines_tokens
from tracker.domain.conversation.text.vocabulary import terms_of

# Of the budget, what the facts may take. All of it leaves the rest to extracts where a
# model was brief; a half saves the facts where a model was wordy.
_SHARES = (0.1, 0.25, 0.5, 1.0)
_LEEWAY = 0.01  # a fact says in other words what a share of words cannot see
_SAID = 0.8  # of a sentence's words in the facts: it need not be said again


def with_extracts(
    request: SummaryRequest, facts: Sequence[SummaryLine]
) -> tuple[SummaryLine, ...]:
    """The best mixture of facts and extracts within the budget, in the order spoken.

    Of 40 facts for a room of 20 the most informative stay; where 5 facts leave room,
    extracts fill it. What counts is the share of the middle's rare words that is still
    readable: the most facts by which it falls at most a hundredth below that of the
    extracts alone, or none.
    """
    weights = _weights(request)
    best = extractive_summary(request).lines
    floor = _readable(best, weights) - _LEEWAY
    for share in _SHARES:
        lines = _mixed(request, facts, int(request.budget_tokens * share))
        kept = _readable(lines, weights)
        is_within = lines_tokens(lines, request.count) <= request.budget_tokens
        has_facts = any(line.kind == "fact" for line in lines)
        if has_facts and is_within and kept >= floor:
            best = lines
    return tuple(best)


def _mixed(
    request: SummaryRequest, facts: Sequence[SummaryLine], room: int
) -> tuple[SummaryLine, ...]:
    chosen = _fitting(request, facts, room)
    if not chosen:
        return ()
    rest = request.budget_tokens - lines_tokens(chosen, request.count) - 1
    told = frozenset(terms_of("\n".join(fact.text for fact in chosen)))
    untold = tuple(
        replace(source, units=tuple(_untold(unit, told) for unit in source.units))
        for source in request.sources
    )
    extracts = extractive_summary(
        replace(request, sources=untold, budget_tokens=max(0, rest))
    )
    return tuple(
        sorted([*chosen, *extracts.lines], key=lambda line: (line.number, line.kind))
    )


def _untold(unit: str, told: frozenset[str]) -> str:
    """The unit, or an empty one if the facts already say it. Its place stays, so that
    the units around it are not joined.
    """
    terms = terms_of(unit)
    return "" if sum(term in told for term in terms) >= _SAID * len(terms) else unit


def _fitting(
    request: SummaryRequest, facts: Sequence[SummaryLine], room: int
) -> list[SummaryLine]:
    """As many facts as the room takes, the most informative first."""
    units = [
        Unit(at, 0, fact.text, request.count(str(fact)) + 1, fact.role)
        for at, fact in enumerate(facts)
    ]
    chosen: list[SummaryLine] = []
    for at in coverage_order(units, room):
        if units[at].tokens <= room:
            room -= units[at].tokens
            chosen.append(facts[at])
    return chosen


def _weights(request: SummaryRequest) -> dict[str, float]:
    """What each word of the middle is worth: the rarer, the more."""
    spread: Counter[str] = Counter()
    for source in request.sources:
        spread.update(terms_of(" ".join(source.units)))
    many = len(request.sources)
    return {term: math.log(1 + many / times) for term, times in spread.items()}


def _readable(lines: Sequence[SummaryLine], weights: Mapping[str, float]) -> float:
    terms = terms_of("\n".join(line.text for line in lines))
    kept = math.fsum(weights.get(term, 0.0) for term in terms)
    return kept / (math.fsum(weights.values()) or 1.0)
