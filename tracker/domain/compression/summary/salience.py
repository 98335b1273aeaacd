"""Which units of text carry the most: greedy coverage weighted by rarity.

Centrality rankers (LexRank, TextRank) are worse than random here: they pick repeated
small talk. Coverage asks what is new, and pays for rare words and literals.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tracker.domain.conversation.text.finding import finder
from tracker.domain.conversation.text.vocabulary import (
    ENTITY,
    NAME,
    Features,
    features_of,
)

# A covered feature is worth a bit again, twice: saying it in other words helps.
DIMINISHING = 0.35
COVERINGS = 3
COST_EXPONENT = 0.8  # below 1: a long rich unit may beat several short ones
UNIT_OVERHEAD = 2  # tokens of the separator
LISTING_ENTITIES = 25  # a message with more entities is a listing: each counts less
# With little room, a literal that stands in a message that stays weighs up to this much
# less: it can be read there, and took the room of one that is gone.
VISIBLE = 0.5
RECORD = "record"
_ROLE_PRIOR = {
    "user": 1.35,
    "assistant": 1.0,
    "tool": 0.8,
    RECORD: 1.0,
    "system": 1.2,
}
_has_cue = finder(
    r"(?i)\b(?:must|never|always|don'?t|do not|only|required?|important|decid\w+"
    r"|decision|agreed?|prefer\w*|instead|because|error|fail\w*|exception|traceback"
    r"|todo|fixme|next step|remaining|constraint|deadline|password|total|confirm\w*"
    r"|cancel\w*|change\w*|fix\w*|bug|root cause|solution|workaround)\b"
)
# What a user orders outlives the talk around it: lost instructions are what people
# complain about most. Costs a percent of answers in chats.
_orders = finder(
    r"(?i)\b(?:must|never|always|do not|don['’]?t ever|make sure|ensure|not allowed"
    r"|required?|may not|no longer)\b"
)
_ORDER_FACTOR = 2.0


@dataclass(frozen=True, slots=True)
class Unit:
    """A line that may enter a summary: from which message, and its tokens.

    `role` is the message's, or RECORD for data that a tool returned. An API's records
    are often needed later; a program's output is mostly read once.
    """

    message: int
    position: int
    text: str
    tokens: int
    role: str


class Ranking(NamedTuple):
    """Indices of units, most informative per token first; what each unit carries, what
    each feature weighs, and from 0 to 1 how little room there is.
    """

    order: list[int]
    features: list[Features]
    weights: dict[str, float]
    scarcity: float


def coverage_order(units: Sequence[Unit], budget_tokens: int) -> list[int]:
    """Indices of `units`, most informative per token first, for about a budget."""
    return rank(units, budget_tokens).order


def rank(
    units: Sequence[Unit],
    budget_tokens: int,
    *,
    recent: frozenset[str] = frozenset(),
    visible: frozenset[str] = frozenset(),
) -> Ranking:
    """The units for about a budget, the most informative per token first.

    `recent` are the features of what stays behind the middle: what is being talked
    about now weighs more. `visible` are those of all that stays: with little
    room, literals among them and in listings weigh less, and literals used by both
    sides more. Chosen from variants that were judged on each of seven corpora alone.
    """
    if not units:
        return Ranking([], [], {}, 0.0)
    features = [features_of(unit.text) for unit in units]
    scarcity = _scarcity(units, budget_tokens)
    weights = _weights(units, features, scarcity=scarcity, visible=visible)
    priors = _priors(units, features, scarcity=scarcity, recent=recent)
    order = _greedy(units, features, weights, priors, budget_tokens)
    return Ranking(order, features, weights, scarcity)


def _scarcity(units: Sequence[Unit], budget_tokens: int) -> float:
    """0 when half of everything fits, 1 when a fifth or less does."""
    total = sum(unit.tokens + UNIT_OVERHEAD for unit in units)
    share = budget_tokens / max(1, total)
    return min(1.0, max(0.0, (0.5 - share) / 0.3))


def _weights(
    units: Sequence[Unit],
    features: Sequence[Features],
    *,
    scarcity: float,
    visible: frozenset[str],
) -> dict[str, float]:
    uses = _uses(units, features)
    weights = {}
    for feature, times in uses.frequency.items():
        idf = math.log(1 + len(units) / times)
        if feature[0] == ENTITY:
            value = idf + 1.0 + scarcity  # an id cannot be guessed, a word can
            if feature in uses.spoken:
                value *= 1 + scarcity * (1.0 if feature in uses.repeated else 0.6)
            elif feature not in uses.unlisted and feature not in uses.recorded:
                value *= 1 - 0.3 * scarcity
            if feature in visible:
                value *= 1 - VISIBLE * scarcity
        elif feature[0] == NAME:
            value = 0.5 * idf + 0.5
        else:
            is_said = feature in uses.spoken or feature in uses.recorded
            value = idf if is_said else idf * (1 - 0.5 * scarcity)
        weights[feature] = value
    return weights


class _Uses(NamedTuple):
    """How often each feature occurs, and which occur outside of tool output, in
    several messages, outside of listings, and in records.
    """

    frequency: Counter[str]
    spoken: set[str]
    repeated: set[str]
    unlisted: set[str]
    recorded: set[str]


def _uses(units: Sequence[Unit], features: Sequence[Features]) -> _Uses:
    uses = _Uses(Counter(), set(), set(), set(), set())
    first_message: dict[str, int] = {}
    entities_in: Counter[int] = Counter()
    for unit, found in zip(units, features, strict=True):
        uses.frequency.update(found)
        if unit.role == RECORD:
            uses.recorded.update(found)
        elif unit.role != "tool":
            uses.spoken.update(found)
        for feature in found:
            if feature[0] == ENTITY:
                entities_in[unit.message] += 1
            if first_message.setdefault(feature, unit.message) != unit.message:
                uses.repeated.add(feature)
    for unit, found in zip(units, features, strict=True):
        if entities_in[unit.message] <= LISTING_ENTITIES:
            uses.unlisted.update(found)
    return uses


def _priors(
    units: Sequence[Unit],
    features: Sequence[Features],
    *,
    scarcity: float,
    recent: frozenset[str],
) -> list[float]:
    """Who said it, whether it binds, whether it is still talked about, how late."""
    last = max(unit.message for unit in units)
    first = min(unit.message for unit in units)
    span = max(1, last - first)
    strength = 0.5 + 0.5 * scarcity
    priors = []
    for unit, found in zip(units, features, strict=True):
        prior = _ROLE_PRIOR.get(unit.role, 1.0)
        if _has_cue(unit.text):
            prior *= 1.25
        if recent and found:
            shared = sum(1 for feature in found if feature in recent)
            prior *= 1 + 0.3 * min(1.0, shared / max(3, len(found)))
        prior *= 0.9 + 0.2 * (unit.message - first) / span
        prior = 1 + (prior - 1) * strength
        is_order = unit.role == "user" and _orders(unit.text)
        priors.append(prior * _ORDER_FACTOR if is_order else prior)
    return priors


def _greedy(
    units: Sequence[Unit],
    features: Sequence[Features],
    weights: dict[str, float],
    priors: Sequence[float],
    budget_tokens: int,
) -> list[int]:
    """Lazy greedy; a chosen unit lowers the gain of those that share its features.

    Each feature loses weight at most COVERINGS times, so the work stays linear in
    the number of words (naively it took 130 s for 236,000 tokens, so 1 s).
    """
    holders: defaultdict[str, list[int]] = defaultdict(list)
    for at, found in enumerate(features):
        for feature in found:
            holders[feature].append(at)
    factor = [
        prior / (unit.tokens + UNIT_OVERHEAD) ** COST_EXPONENT
        for unit, prior in zip(units, priors, strict=True)
    ]
    gain = [sum(map(weights.__getitem__, found)) for found in features]
    heap = [(-gain[at] * factor[at], at) for at in range(len(units))]
    heapq.heapify(heap)
    covered: Counter[str] = Counter()
    is_done = [False] * len(units)
    order: list[int] = []
    used = 0
    while heap and used < budget_tokens * 1.15:
        value, at = heapq.heappop(heap)
        now = gain[at] * factor[at]
        if -value > now * 1.0000001 + 1e-12:
            heapq.heappush(heap, (-now, at))
            continue
        is_done[at] = True
        order.append(at)
        used += units[at].tokens + UNIT_OVERHEAD
        for feature in features[at]:
            times = covered[feature]
            if times >= COVERINGS:
                continue
            covered[feature] = times + 1
            left = DIMINISHING ** (times + 1) if times + 1 < COVERINGS else 0.0
            loss = weights[feature] * (DIMINISHING**times - left)
            for other in holders[feature]:
                if not is_done[other]:
                    gain[other] -= loss
    return order
