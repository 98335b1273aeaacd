"""The ledger of facts: which literals of the replaced messages are kept or lost."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracker.domain.conversation.facts import Fact, facts_of
from tracker.domain.conversation.messages import Message, read_messages
from tracker.domain.conversation.text.units import split_units
from tracker.domain.conversation.text.vocabulary import terms_of
from tracker.domain.review.survival import KeptText, used_again
from tracker.domain.review.word_index import TextIndex

# A message with more literals than this is a listing: of those, only the ones that
# another message names too are facts. Sentences always are.
LISTING_FACTS = 25
FEW_MESSAGES = 10  # of fewer, one mention is already a tenth


@dataclass(frozen=True, slots=True)
class FactRecord:
    """A fact of the replaced messages. `kept_in` is the index of a message after.

    `rarity` is its idf over the replaced messages. `used_again` counts the agent's
    later messages that name it before anybody else repeated it; None if nothing later
    is known.
    """

    kind: str
    text: str
    message: int
    is_kept: bool
    kept_in: int | None
    rarity: float
    used_again: int | None


def term_weights(messages: Sequence[Message]) -> dict[str, float]:
    """idf of every term over the units of the messages."""
    frequency: Counter[str] = Counter()
    size = 0
    for message in messages:
        for unit in dict.fromkeys(split_units(message.text)):
            frequency.update(terms_of(unit))
            size += 1
    return {term: math.log(1 + size / times) for term, times in frequency.items()}


def fact_ledger(
    replaced: Sequence[Message],
    left: KeptText,
    *,
    weights: Mapping[str, float],
    later: Sequence[Any] | None,
) -> tuple[FactRecord, ...]:
    """Facts of the replaced messages; lost ones first, reused and rare ones on top.

    `weights` are theirs (`term_weights`).
    """
    came = None if later is None else read_messages(later)
    new_texts = None if came is None else TextIndex([m.text.lower() for m in came])
    roles = [message.role for message in came or ()]
    by_message = {message.index: facts_of(message) for message in replaced}
    named = Counter(
        key
        for facts in by_message.values()
        for key in {fact.key.lower() for fact in facts}
    )
    records: dict[tuple[str, str], FactRecord] = {}
    for facts in by_message.values():
        for fact in _worthy(facts, named):
            key = fact.kind, fact.key.lower()
            if key not in records:
                place = left.place_of(fact, weights)
                rarity = math.log(1 + len(replaced) / named[fact.key.lower()])
                again = None
                if new_texts is not None:
                    share = named[fact.key.lower()] / len(replaced)
                    share = share if len(replaced) >= FEW_MESSAGES else 0.0
                    again = used_again(roles, new_texts, fact, mentions=share)
                records[key] = _record(fact, place, rarity, again)
    return tuple(
        sorted(
            records.values(),
            key=lambda fact: (fact.is_kept, -(fact.used_again or 0), -fact.rarity),
        )
    )


def _worthy(facts: Sequence[Fact], named: Mapping[str, int]) -> Sequence[Fact]:
    literals = sum(not fact.is_sentence for fact in facts)
    if literals <= LISTING_FACTS:
        return facts
    return [fact for fact in facts if fact.is_sentence or named[fact.key.lower()] > 1]


def _record(
    fact: Fact, place: int | None, rarity: float, again: int | None
) -> FactRecord:
    return FactRecord(
        kind=fact.kind,
        text=fact.text,
        message=fact.message,
        is_kept=place is not None,
        kept_in=place,
        rarity=round(rarity, 3),
        used_again=again,
    )
