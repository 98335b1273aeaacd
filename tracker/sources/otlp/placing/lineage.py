"""Finds a span's ancestors among the known spans of its trace.

Spans come in requests of any size and order, children mostly before their parents. Some
never come: an exporter that sends only model calls and agents leaves out the HTTP span
between the two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from tracker.sources.otlp.placing.lanes import is_tool, span_agent
from tracker.sources.otlp.placing.session_id import named_session
from tracker.sources.otlp.wire.records import Span

Key = tuple[str, str]
_MAX_ANCESTORS = 256  # a ring of parents must end, and no real trace is as deep


class Lineage:
    """The ancestors of each of these spans. It depends on which spans are given, never
    on their order.
    """

    def __init__(self, spans: Iterable[Span], *, calls: Collection[Key] = ()) -> None:
        """`calls` are the keys of those that are model calls: nothing is inside one
        for having ended while it ran.
        """
        self._by_key = {span.key: span for span in spans}
        self._around: defaultdict[str, list[Span]] = defaultdict(list)
        for span in self._by_key.values():
            if span.key not in calls and _is_telling(span):
                self._around[span.trace_id].append(span)
        for told in self._around.values():
            told.sort(key=lambda span: (span.end_ns - span.start_ns, span.span_id))

    def ancestors(self, span: Span) -> Iterator[Span]:
        """Its parent, that one's, and so on, as far as they are known."""
        at = self._by_key.get((span.trace_id, span.parent_id))
        for _ in range(_MAX_ANCESTORS):
            if at is None or at.key == span.key:
                return
            yield at
            at = self._by_key.get((at.trace_id, at.parent_id))

    def lineage(self, span: Span) -> Iterator[Span]:
        """The span and its ancestors. Where a parent is not known, the shortest span
        around stands in for it that names a session, an agent or a tool; else the
        root that does.
        """
        at: Span | None = span
        seen: set[Key] = set()
        while at is not None and at.key not in seen and len(seen) < _MAX_ANCESTORS:
            yield at
            seen.add(at.key)
            parent = self._by_key.get((at.trace_id, at.parent_id))
            if parent is None and at.parent_id:
                parent = self._stand_in(at, seen)
            at = parent

    def _stand_in(self, span: Span, seen: set[Key]) -> Span | None:
        root: Span | None = None
        for other in self._around.get(span.trace_id, ()):
            if other.key in seen:
                continue
            # A call belongs where it ended: an agent ends after its calls.
            if other.start_ns <= span.end_ns <= other.end_ns:
                return other
            if root is None and not other.parent_id:
                root = other
        return root


def _is_telling(span: Span) -> bool:
    """Whether what is inside this span is told something by it."""
    is_agent = span_agent(span) is not None
    return is_agent or is_tool(span) or bool(named_session(span.attributes))
