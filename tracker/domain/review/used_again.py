"""Which facts of a compression are named again by the messages that came after it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from tracker.domain.compression.plans.borders import side_of
from tracker.domain.conversation.facts import Fact, facts_of
from tracker.domain.conversation.message_pieces import MessageError
from tracker.domain.conversation.messages import Message, read_messages
from tracker.domain.review.ledger import FEW_MESSAGES
from tracker.domain.review.survival import used_again
from tracker.domain.review.word_index import TextIndex


def facts_used_again(
    before: Sequence[Any],
    after: Sequence[Any],
    next_before: Sequence[Any],
    facts: Sequence[Mapping[str, Any]],
) -> list[dict[str, Any]] | None:
    """The facts with their uses in later messages; None if these are not known."""
    try:
        later = messages_after(before, after, next_before)
        return None if later is None else count_used_again(before, facts, later)
    except MessageError:
        return None


def messages_after(
    before: Sequence[Any], after: Sequence[Any], next_before: Sequence[Any]
) -> Sequence[Any] | None:
    """What of the next compression's `next_before` came after this compression.

    A client goes on from `after`, or (where it kept its whole history) from `before`;
    None when neither is recognised. Raises MessageError for a message of no shape.
    """
    seen = [_key(message) for message in read_messages(next_before)]
    for known in (after, before):
        keys = [_key(message) for message in read_messages(known)]
        start = _behind(keys, seen)
        if start is not None:
            return next_before[start:]
    return None


def _key(message: Message) -> tuple[str, str]:
    return side_of(message), message.text


def _behind(known: Sequence[object], seen: Sequence[object]) -> int | None:
    """The place in `seen` behind the last message of `known`."""
    if not known:
        return None
    if list(seen[: len(known)]) == list(known):
        return len(known)
    # A client may have put a message of its own before them, or left one out.
    for at in range(min(len(seen), len(known) + 3) - 1, -1, -1):
        if seen[at] == known[-1]:
            return at + 1
    return None


def mentioned_share(rarity: float) -> float:
    """The share of the replaced messages that name a fact, from its stored idf:
    `log(1 + 1 / share)`. An idf of 1.1 is a half.
    """
    return 1.0 if rarity <= 0 else 1 / (math.exp(rarity) - 1)


def count_used_again(
    before: Sequence[Any], facts: Sequence[Mapping[str, Any]], later: Sequence[Any]
) -> list[dict[str, Any]]:
    """The ledger's facts (as stored) with the number of later messages naming each.

    Ordered as the ledger is: lost ones first, those used again and rare ones on top.
    Raises MessageError for a message of no known shape.
    """
    came = read_messages(later)
    texts = TextIndex([message.text.lower() for message in came])
    roles = [message.role for message in came]
    messages = read_messages(before)
    known: dict[int, dict[tuple[str, str], Fact]] = {}
    counted = []
    for record in facts:
        at = record["message"]
        if at not in known and 0 <= at < len(messages):
            found = facts_of(messages[at])
            known[at] = {(fact.kind, fact.text): fact for fact in found}
        # A redacted text may no longer hold the fact: then its words as stored.
        fact = known.get(at, {}).get((record["kind"], record["text"]))
        fact = fact or Fact(record["kind"], record["text"], record["text"], at)
        is_long = len(messages) >= FEW_MESSAGES
        mentions = mentioned_share(record["rarity"]) if is_long else 0.0
        again = used_again(roles, texts, fact, mentions=mentions)
        counted.append({**record, "used_again": again})
    return sorted(
        counted,
        key=lambda fact: (fact["is_kept"], -fact["used_again"], -fact["rarity"]),
    )
