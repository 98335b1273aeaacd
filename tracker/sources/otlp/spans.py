"""The spans of one request -> usage reports, each call once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import UTC, datetime

from tracker.domain.reports import Parts, UsageReport, attribute
from tracker.sources.otlp import names, reasons
from tracker.sources.otlp.calls.call import (
    Call,
    call_of,
    instant,
    placed,
    slim,
    span_usage,
)
from tracker.sources.otlp.calls.dedupe import count_once
from tracker.sources.otlp.calls.identity import event_id
from tracker.sources.otlp.calls.tool_loops import with_loops
from tracker.sources.otlp.labels import labels_of
from tracker.sources.otlp.placing.lanes import is_tool, span_agent
from tracker.sources.otlp.placing.lineage import Lineage
from tracker.sources.otlp.placing.session_id import named_session
from tracker.sources.otlp.reading import Heard, Reading, Report, TraceName
from tracker.sources.otlp.wire.records import BadRecord, Decoded, Span
from tracker.sources.session_keys import without_controls

_EARLIEST = datetime.min.replace(tzinfo=UTC)


def read_spans(decoded: Decoded[Span]) -> Reading:
    """The reports of one request alone, and all that its spans tell (`heard`)."""
    ignored: Counter[str] = Counter()
    rejected, message = decoded.rejected, decoded.error_message
    heard: list[Heard] = []
    naming: list[TraceName] = []
    for span in decoded.records:
        try:
            usage = span_usage(span)
            instant(span.end_ns or span.start_ns)
            names_of_span = _names(span) if isinstance(usage, str) else []
        except BadRecord as error:
            rejected, message = rejected + 1, str(error)
            continue
        if isinstance(usage, str):
            ignored[usage] += 1
            heard.append(Heard(slim(span)))
            naming += names_of_span
        else:
            call = call_of(span, usage)
            heard.append(Heard(call.span, call))
    counted, twins = count_heard(heard)
    return Reading(
        [report for _, report in counted],
        dict(ignored + twins),
        rejected,
        message,
        traces={
            event_id(call): call.span.trace_id
            for call, _ in counted
            if not call.session.is_grouped_by_trace
        },
        names=naming,
        heard=heard,
        by_span={call.span.key: report for call, report in counted},
    )


def count_heard(
    heard: Collection[Heard],
) -> tuple[list[tuple[Call, UsageReport]], Counter[str]]:
    """The calls that these spans tell of, each once and in the session and lane that
    they name, in time's order; and why others count for none.

    It depends on the set of spans alone: not on their order, nor on how often one of
    them came.
    """
    calls = {each.span.key: each.call for each in heard if each.call is not None}
    lineage = Lineage((each.span for each in heard), calls=calls.keys())
    kept, left_out = count_once(
        (placed(call, lineage) for call in calls.values()), lineage
    )
    kept = with_loops(kept, (each.span for each in heard))
    left_out[reasons.SAME_RESPONSE] += sum(bool(h.call) for h in heard) - len(calls)
    found = [(call, _report(call)) for call in kept]
    found.sort(key=lambda pair: report_time(pair[1]))
    return found, +left_out


def _names(span: Span) -> list[TraceName]:
    """What this span says for the calls inside it: a session, an agent, or nothing."""
    session = named_session(span.attributes)
    agent, is_called = span_agent(span), is_tool(span)
    if not session and agent is None and not is_called:
        return []
    start, end = instant(span.start_ns), instant(span.end_ns or span.start_ns)
    if start is None or end is None:
        return []
    is_root = not span.parent_id
    return [TraceName(span.trace_id, session, start, end, is_root, agent, is_called)]


def report_time(report: Report) -> datetime:
    return report.at or _EARLIEST


def _report(call: Call) -> UsageReport:
    span, tokens, limits = call.span, call.tokens, call.limits
    metadata = labels_of(span.resource) | {"scope": without_controls(span.scope)}
    title = ""
    if call.lane.title:
        metadata["agent"] = call.lane.title
    if call.session.is_grouped_by_trace:
        metadata["grouped_by"] = "trace"
        service = without_controls(str(span.resource.get(names.SERVICE) or ""))[:200]
        # Logfire's ids begin with the time: two sessions of one second had one title.
        title = f"{service or 'unnamed service'}, trace {span.trace_id[-8:]}"
    return UsageReport(
        session=call.session.key,
        used_tokens=tokens.input,
        parts=attribute(tokens.input, Parts()),
        source="reported",
        event_id=event_id(call),
        at=instant(span.end_ns or span.start_ns),
        model=call.model,
        lane=call.lane.name,
        agent=call.lane.agent,
        title=title,
        message_count=call.message_count,
        input_tokens=tokens.input,
        output_tokens=tokens.output,
        cache_read_tokens=tokens.cache_read,
        cache_creation_tokens=tokens.cache_creation,
        window_tokens=limits.window_tokens,
        window_source="client" if limits.window_tokens else "",
        compact_at_tokens=limits.compact_at_tokens,
        partial=call.partial,
        origin="otlp",
        metadata=metadata,
    )
