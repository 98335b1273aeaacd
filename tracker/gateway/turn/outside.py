"""What a provider says it removed from a request by itself: a compression seen from
outside.

Anthropic's answers name it (https://platform.claude.com/docs, "Context editing" and
"Compaction", as of 2026-11): `context_management.applied_edits[].cleared_input_tokens`,
and of a compaction one entry in `usage.iterations`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracker.domain.dialects.rules.flaws import mappings
from tracker.domain.reports import CompressionReport, UsageReport
from tracker.gateway.upstream.answers import Answered

REMEMBERED = 10_000  # lanes
MOST_TOKENS = 10**12
_INPUT = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
_Key = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class Removed:
    """What the window held before and after, in the provider's tokens."""

    before_tokens: int
    after_tokens: int
    how: str


class ClearedSoFar:
    """How much each lane's last answer said was cleared.

    An edit is applied to each request anew, because the client goes on sending all of
    it. Where 50,000 tokens were cleared and now 62,000 are, 12,000 were removed. The
    first answer of a lane only says from where to count. An answer between two others
    that says nothing of edits, such as a helper's call, changes nothing.
    """

    def __init__(self) -> None:
        self._tokens: OrderedDict[_Key, int] = OrderedDict()

    def more_than_before(self, key: _Key, cleared: int) -> int:
        before = self._tokens.get(key, cleared)
        self._tokens[key] = cleared or before
        self._tokens.move_to_end(key)
        while len(self._tokens) > REMEMBERED:
            self._tokens.popitem(last=False)
        return max(0, cleared - before)


cleared_so_far = ClearedSoFar()


def removed_by_provider(
    key: _Key, answered: Answered, used_tokens: int
) -> Removed | None:
    """None where it removed nothing new. `used_tokens` is what the request held, as
    the provider counted it.
    """
    edits = mappings((answered.context_management or {}).get("applied_edits"))
    cleared = sum(_count(edit, "cleared_input_tokens") for edit in edits)
    more = cleared_so_far.more_than_before(key, cleared)
    compacted = _compaction(mappings(answered.usage.get("iterations")), used_tokens)
    if compacted is not None:
        return compacted
    if not more:
        return None
    how = ", ".join(sorted({str(edit.get("type", "")) for edit in edits}))
    return Removed(used_tokens + more, used_tokens, how[:64])


def _compaction(
    iterations: Sequence[Mapping[str, Any]], used_tokens: int
) -> Removed | None:
    """Of `[{"type": "compaction", "input_tokens": 180000, "output_tokens": 3500},
    {"type": "message", "input_tokens": 23000, …}]`: 180,000 before, 23,000 after.
    """
    found = [each for each in iterations if each.get("type") == "compaction"]
    if not found:
        return None
    before = sum(_count(found[-1], name) for name in _INPUT)
    # A request that pauses after its compaction holds only the summary.
    after = used_tokens or _count(found[-1], "output_tokens")
    return Removed(before, after, "compaction") if before else None


def _count(said: Mapping[str, Any], name: str) -> int:
    value = said.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        return 0
    return value if 0 <= value <= MOST_TOKENS else 0


def outside_report(
    key: _Key, answered: Answered, usage: UsageReport
) -> CompressionReport | None:
    """The report of a compression at the provider, stored beside the answer's usage."""
    found = removed_by_provider(key, answered, usage.used_tokens)
    if found is None or usage.source != "reported" or not usage.event_id:
        return None
    return CompressionReport(
        session=usage.session,
        before_tokens=found.before_tokens,
        after_tokens=found.after_tokens,
        source="reported",
        event_id=f"{usage.event_id}:removed"[:255],
        strategy=found.how,
        model=usage.model,
        lane=usage.lane,
        origin=usage.origin,
    )
