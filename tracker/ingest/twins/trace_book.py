"""Remembers traces whose spans come in several requests, and counts them anew.

Children end, and are sent, before their parents: agno and Phoenix name the session on
the agent's span alone, which comes with a later request than its calls; strands says
there, too, that an agent is another one's tool. A total over several calls comes after
them, and an SDK's own span before its instrumentor's.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tracker.domain.reports import UsageReport
from tracker.ingest.arrivals import Replaced
from tracker.sources.otlp.calls.identity import moved_id
from tracker.sources.otlp.reading import Heard
from tracker.sources.otlp.spans import count_heard

REMEMBERED_SPANS = 50_000  # about 1 KB each
SPANS_OF_A_TRACE = 1_000  # all are looked at with each of its requests
Place = tuple[int, str]  # a project, and a trace of it
Key = tuple[str, str]  # a trace, and a span of it


@dataclass(frozen=True, slots=True)
class Counted:
    """A call as it was reported, under the event id that it was stored with."""

    report: UsageReport

    @property
    def place(self) -> Replaced:
        return Replaced(self.report.session, self.report.event_id or "")


@dataclass(frozen=True, slots=True)
class Move:
    """A stored call that a later span puts into another session or lane. `names_agent`:
    only the agent became known, so it moves if the main lane has another agent.
    """

    key: Key
    before: Counted
    now: Counted
    names_agent: bool = False


@dataclass(slots=True)
class Settled:
    """What one request changes: `reports` that count, each beside its call, `moves`,
    and what is `gone`: counted before, and no call by what is known now. `named` are
    calls whose agent was learned, and that stay where they are.
    """

    reports: list[tuple[Key, Counted]] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    gone: list[tuple[Key, Counted]] = field(default_factory=list)
    named: list[Move] = field(default_factory=list)


@dataclass(slots=True)
class _Trace:
    heard: dict[str, Heard] = field(default_factory=dict)  # by span id
    counted: dict[str, Counted] = field(default_factory=dict)
    twins: set[str] = field(default_factory=set)  # counted by another way
    used: set[Replaced] = field(default_factory=set)
    is_full: bool = False

    def placed(self, report: UsageReport) -> Counted:
        """The report, with another event id where its session has used its own: for a
        call that moved, or a twin that it takes the place of.
        """
        own, moves = report.event_id or "", 0
        while Replaced(report.session, moved_id(own, moves)) in self.used:
            moves += 1
        return Counted(replace(report, event_id=moved_id(own, moves)))


class TraceBook:
    """Counts a trace as if all its spans had come in one request, whatever the requests
    and their order: what is stored follows from the set of spans alone.

    Thread-safe, but two requests with spans of one trace must not be between `settle`
    and `confirm` at once. It remembers the last REMEMBERED_SPANS spans of this process;
    in a trace of more than SPANS_OF_A_TRACE the later ones change nothing of what is
    counted.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._traces: OrderedDict[Place, _Trace] = OrderedDict()
        self._spans = 0

    def settle(
        self,
        project_id: int,
        heard: Sequence[Heard],
        alone: Mapping[Key, UsageReport] | None = None,
    ) -> Settled:
        """What these spans change, together with those that came before. It counts as
        stored only when it is confirmed: a request that is sent again after a failure
        changes the same. `alone` is what the spans report by themselves, if known.
        """
        by_trace: defaultdict[str, dict[str, Heard]] = defaultdict(dict)
        for each in heard:
            by_trace[each.span.trace_id][each.span.span_id] = each
        settled = Settled()
        with self._lock:
            is_known = any((project_id, t) in self._traces for t in by_trace)
            known: list[Heard] = []
            for trace_id, new in by_trace.items():
                known += self._add((project_id, trace_id), new)
            now = alone
            if now is None or is_known:
                now = {call.span.key: report for call, report in count_heard(known)[0]}
            for (trace_id, span_id), report in now.items():
                trace = self._traces[project_id, trace_id]
                is_new = span_id in by_trace[trace_id]
                _settle_call(settled, trace, (trace_id, span_id), report, is_new)
            for trace_id in by_trace:
                trace = self._traces[project_id, trace_id]
                for span_id, counted in trace.counted.items():
                    if (trace_id, span_id) not in now and not trace.is_full:
                        settled.gone.append(((trace_id, span_id), counted))
            self._forget_oldest(keep=len(by_trace))
        return settled

    def confirm(
        self, project_id: int, settled: Settled, *, twins: Collection[Key]
    ) -> None:
        """All of it is stored, but the reports of `twins`, which another way told."""
        counted = dict(settled.reports) | {m.key: m.now for m in settled.moves}
        for move in settled.named:
            event_id = move.before.report.event_id
            counted[move.key] = Counted(replace(move.now.report, event_id=event_id))
        with self._lock:
            for (trace_id, span_id), each in counted.items():
                trace = self._traces.get((project_id, trace_id))
                if trace is None or span_id not in trace.heard:
                    continue
                if (trace_id, span_id) in twins:
                    trace.twins.add(span_id)
                else:
                    trace.counted[span_id] = each
                    trace.used.add(each.place)
            for (trace_id, span_id), _ in settled.gone:
                trace = self._traces.get((project_id, trace_id))
                if trace is not None:
                    trace.counted.pop(span_id, None)

    def known_ids(self, project_id: int, trace_ids: Collection[str]) -> set[str]:
        """The event ids of what is counted of these traces: those it moves itself."""
        with self._lock:
            traces = [self._traces.get((project_id, t)) for t in trace_ids]
            found = [trace.counted.values() for trace in traces if trace is not None]
            return {each.place.event_id for counted in found for each in counted}

    def forget_all(self) -> None:
        """For tests, whose database begins anew."""
        with self._lock:
            self._traces.clear()
            self._spans = 0

    def _add(self, place: Place, new: Mapping[str, Heard]) -> list[Heard]:
        """Remember these spans. Answers all that are known of their trace with them."""
        trace = self._traces.pop(place, None) or _Trace()
        self._traces[place] = trace
        known = {**new, **trace.heard}
        trace.is_full = len(known) > SPANS_OF_A_TRACE
        # Of a trace that one request fills all are remembered, of others the first.
        if not trace.is_full or not trace.heard:
            self._spans += len(known) - len(trace.heard)
            trace.heard = known
        return list(known.values())

    def _forget_oldest(self, *, keep: int) -> None:
        while self._spans > REMEMBERED_SPANS and len(self._traces) > keep:
            _, trace = self._traces.popitem(last=False)
            self._spans -= len(trace.heard)


def _settle_call(
    settled: Settled, trace: _Trace, key: Key, report: UsageReport, is_new: bool
) -> None:
    span_id = key[1]
    before = trace.counted.get(span_id)
    if before is None:
        # Of the older ones those that a total stood for, which is one no more.
        is_due = span_id in trace.heard and span_id not in trace.twins
        if is_new or is_due:
            settled.reports.append((key, trace.placed(report)))
        return
    if trace.is_full:
        pass
    elif _told(before.report) != _told(report):
        settled.moves.append(Move(key, before, trace.placed(report)))
    else:
        if report.agent and not before.report.agent:
            settled.moves.append(Move(key, before, trace.placed(report), True))
        if _beside(before.report) != _beside(report):
            before = Counted(replace(report, event_id=before.report.event_id))
            is_new = True
    if is_new:  # sent again: keep the event id that it was stored with
        settled.reports.append((key, before))


def _beside(report: UsageReport) -> tuple[object, ...]:
    """What a later span says of a call that stays: Copilot's agent its window, the span
    of a tool that there was a loop. It completes the stored call.
    """
    return report.window_tokens, report.compact_at_tokens, report.partial


def _told(report: UsageReport) -> tuple[object, ...]:
    """What a span may add to an earlier one's report."""
    return (
        report.session,
        report.lane,
        report.used_tokens,
        report.output_tokens,
        report.cache_read_tokens,
        report.cache_creation_tokens,
        report.model,
        report.message_count,
    )
