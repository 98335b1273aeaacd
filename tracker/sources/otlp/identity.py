"""When two reports are the same call, although they arrive by different ways.

Inside one OTLP request `dedupe.py` sees every span at once. Across requests, signals
and sources only the reports are left, so `event_id` carries the rule:

1. the provider's response id (for Claude Code its request id), which the REST client,
   the transcripts and LiteLLM send too: one call has one `event_id` by every way;
2. else `span:<trace id>:<span id>`, or `log:<digest>`, which an exporter's retry
   repeats.

Where one way knows the response id and another does not, the reports are twins:
`are_twins` tells from model, tokens and time, so that the store keeps one of them.
A report whose metadata says `grouped_by: trace` gives way to one with a session.
"""

from __future__ import annotations

from datetime import timedelta

from tracker.domain.providers.model_names import family_name
from tracker.domain.reports import UsageReport
from tracker.sources.otlp.calls import Call

SPAN_EVENT = "span:"
LOG_EVENT = "log:"
# Both end within milliseconds of each other, on the same machine's clock.
TWIN_WINDOW = timedelta(seconds=2)


def event_id(call: Call) -> str:
    """What makes a repetition of this call harmless, by the rule above."""
    if call.response_id:
        return call.response_id
    return span_event(call.span.trace_id, call.span.span_id)


def span_event(trace_id: str, span_id: str) -> str:
    return f"{SPAN_EVENT}{trace_id}:{span_id}"


def twin_key(report: UsageReport) -> str:
    """Equal for two reports that may be one call: model family and used tokens."""
    return f"{family_name(report.model)}|{report.used_tokens}"


def are_twins(one: UsageReport, other: UsageReport) -> bool:
    """Whether two reports with different event ids are the same call.

    Equal keys within TWIN_WINDOW, at most one of them with an id of the provider's:
    two answers with ids of their own are two calls, however alike. Two reports of one
    scope without ids are two calls as well.
    """
    if one.at is None or other.at is None:
        return False
    # The cheap test first: alike calls of half a minute come by here.
    if abs(one.at - other.at) > TWIN_WINDOW or twin_key(one) != twin_key(other):
        return False
    unnamed = (_is_unnamed(one), _is_unnamed(other))
    return any(unnamed) and (not all(unnamed) or _scope(one) != _scope(other))


def _is_unnamed(report: UsageReport) -> bool:
    return (report.event_id or SPAN_EVENT).startswith((SPAN_EVENT, LOG_EVENT))


def _scope(report: UsageReport) -> object:
    return (report.metadata or {}).get("scope")
