"""What a worker process does to tell what was used again, over JSON as it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from tracker.domain.review.used_again import facts_used_again


@dataclass(frozen=True, slots=True)
class UsedAgain:
    """`analysis` is the one given with its facts counted, JSON. `count`: of the lost
    facts how many were named again; None: the messages go on from other ones. The
    analysis notes which compression told.
    """

    analysis: str
    count: int | None


def find_used_again(
    analysis: str, before: str, after: str | None, next_before: str, next_pk: int
) -> UsedAgain:
    """All texts are JSON: the analysis of a compression, its messages, and those of
    the compression that followed, whose key is `next_pk`.
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
