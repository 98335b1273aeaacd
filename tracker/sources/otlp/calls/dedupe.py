"""One model call, counted once, although several spans of a request report it."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from tracker.domain.providers.model_names import family_name
from tracker.sources.otlp import reasons
from tracker.sources.otlp.calls.call import Call
from tracker.sources.otlp.calls.identity import TWIN_WINDOW
from tracker.sources.otlp.placing.lineage import Lineage

Key = tuple[str, str]
_WINDOW_NS = int(TWIN_WINDOW.total_seconds() * 1_000_000_000)
_LOOKED_AT = 32  # calls that ended before one, and after it


def count_once(
    calls: Iterable[Call], lineage: Lineage
) -> tuple[list[Call], Counter[str]]:
    """The calls, each once, in the order of their ends; and what was left out. The
    order in which they are given does not matter.

    `lineage` knows all spans, also those that report no call.
    """
    ignored: Counter[str] = Counter()
    calls = sorted(calls, key=lambda call: (call.span.end_ns, call.span.key))
    kept = {call.span.key: call for call in calls}
    _drop_same_response(kept, ignored)
    while _drop_nested(kept, lineage, ignored):
        pass
    _drop_sdk_twins(kept, ignored)
    return list(kept.values()), +ignored


def _drop_same_response(kept: dict[Key, Call], ignored: Counter[str]) -> None:
    groups: defaultdict[str, list[Call]] = defaultdict(list)
    for call in kept.values():
        if call.response_id:
            groups[call.response_id].append(call)
    for group in groups.values():
        best = min(group, key=_rank)
        for call in group:
            if call is not best:
                _merge(kept, into=best.span.key, gone=call.span.key)
                ignored[reasons.SAME_RESPONSE] += 1


def _rank(call: Call) -> tuple[bool, bool]:
    """Low is better: a session of its own, and an instrumentor's span."""
    return call.session.is_grouped_by_trace, call.is_sdk_span


def _drop_nested(
    kept: dict[Key, Call], lineage: Lineage, ignored: Counter[str]
) -> bool:
    """Of a span around one other keep the outer, around several the inner ones.

    An instrumentor's span holds the SDK's of the same call; a span that holds
    several is a total that its framework did not name so. True if one was dropped.
    """
    inside: defaultdict[Key, list[Key]] = defaultdict(list)
    for key, call in kept.items():
        around = (span.key for span in lineage.ancestors(call.span))
        outer = next((each for each in around if each in kept), None)
        if outer is not None:
            inside[outer].append(key)
    dropped: set[Key] = set()
    # Totals first: a span around a total is a total too, and not its instrumentor.
    for outer, inner in sorted(inside.items(), key=lambda item: -len(item[1])):
        if dropped.intersection((outer, *inner)):
            continue  # its ancestors are others now: the next round sees them
        if len(inner) > 1:
            del kept[outer]
            dropped.add(outer)
            ignored[reasons.AGENT_TOTAL] += 1
        # Two answers with ids of their own are two calls, one made inside the other.
        elif not (kept[outer].response_id and kept[inner[0]].response_id):
            _merge(kept, into=outer, gone=inner[0])
            dropped.add(inner[0])
            ignored[reasons.INSIDE_COUNTED_SPAN] += 1
    return bool(dropped)


def _drop_sdk_twins(kept: dict[Key, Call], ignored: Counter[str]) -> None:
    """Drop the SDK's own spans of calls that an instrumentor reports unconnectedly.

    One without a counterpart here is a call: its instrumentor's span may come with the
    next request (the store sees that the two are one), or there is none.
    """
    instrumented: defaultdict[tuple[str, int], list[Call]] = defaultdict(list)
    for call in kept.values():
        if not call.is_sdk_span and not call.response_id:
            family = family_name(call.model)
            instrumented[family, call.tokens.input].append(call)
    for alike in instrumented.values():
        alike.sort(key=_end)
    for call in [call for call in kept.values() if call.is_sdk_span]:
        family = family_name(call.model)
        candidates = instrumented[family, call.tokens.input]
        place = _nearest(call, candidates)
        if place is not None:
            _merge(kept, into=candidates.pop(place).span.key, gone=call.span.key)
            ignored[reasons.SDK_TWIN] += 1


def _nearest(call: Call, candidates: Sequence[Call]) -> int | None:
    """Where the call at the same time as this one stands, the nearest end first.

    `candidates` are sorted by their ends; of thousands alike a few are looked at, or a
    request of nothing else would be compared each with each.
    """
    middle = bisect_left(candidates, _end(call), key=_end)
    first, end = max(0, middle - _LOOKED_AT), middle + _LOOKED_AT
    at_once = [
        place
        for place, other in enumerate(candidates[first:end], start=first)
        if other.span.start_ns <= call.span.end_ns + _WINDOW_NS
        and call.span.start_ns <= other.span.end_ns + _WINDOW_NS
    ]
    return min(
        at_once,
        key=lambda place: abs(_end(candidates[place]) - _end(call)),
        default=None,
    )


def _end(call: Call) -> int:
    return call.span.end_ns


def _merge(kept: dict[Key, Call], *, into: Key, gone: Key) -> None:
    """Give the call that stays what only the other one knew.

    The SDK's numbers are the provider's own; an instrumentor may add the first token
    of a stream twice, or forget the cache.
    """
    other = kept.pop(gone)
    call = kept[into]
    session = call.session
    if session.is_grouped_by_trace and not other.session.is_grouped_by_trace:
        session = other.session
    kept[into] = replace(
        call,
        tokens=other.tokens if other.is_sdk_span else call.tokens,
        session=session,
        response_id=call.response_id or other.response_id,
        message_count=call.message_count or other.message_count,
    )
