"""Finds which lost facts were needed later, in a worker process, from stored JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from tracker.domain.review.used_again import facts_used_again


@dataclass(frozen=True, slots=True)
class UsedAgain:
    """`analysis` is the given one as JSON, with `used_again` at each fact and the key
    of the compression that it was read from.

    `count` is how many lost facts were named again. None means that the next messages
    do not continue these.
    """

    analysis: str
    count: int | None


def find_used_again(
    analysis: str, before: str, after: str | None, next_before: str, next_pk: int
) -> UsedAgain:
    """All texts are JSON: a compression's analysis and messages, and the messages
    before the next compression, whose key is `next_pk`.
    """
    found: dict[str, Any] = msgspec.json.decode(analysis)
    facts = facts_used_again(
        msgspec.json.decode(before),
        msgspec.json.decode(after or "[]"),
        msgspec.json.decode(next_before),
        found.get("facts", []),
    )
    if facts is None:
        noted = {**found, "counted_with": next_pk}
        return UsedAgain(msgspec.json.encode(noted).decode(), None)
    count = sum(bool(fact["used_again"]) and not fact["is_kept"] for fact in facts)
    counted = {**found, "facts": facts, "used_again": count, "counted_with": next_pk}
    return UsedAgain(msgspec.json.encode(counted).decode(), count)
