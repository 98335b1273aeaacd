"""When two reports are the same call, although they arrive by different ways.

Inside one OTLP request `dedupe.py` sees every span at once. Across requests, signals
and sources only the reports are left, so `event_id` carries the rule:

1. the provider's response id (for Claude Code its request id), which the REST client,
   the transcripts and LiteLLM send too: one call has one `event_id` by every way;
2. else `span:<trace id>:<span id>`, or `log:<digest>`, which an exporter's retry
   repeats; an event without a model is `log:<trace id>:<span id>`, so that the span
   of the same call can take its place;
3. a call that moved, in a session that has used its id, has `~1`, `~2` … after it.

Where one way knows the response id and another does not, the reports are twins:
`are_twins` tells from model, tokens and time, so that the store keeps one of them.
A report whose metadata says `grouped_by: trace` gives way to one with a session, one
without a model to one that names it.
"""

from __future__ import annotations

from datetime import timedelta

from tracker.domain.providers.model_names import family_name
from tracker.domain.reports import UsageReport
from tracker.sources.otlp.calls.call import Call

SPAN_EVENT = "span:"
LOG_EVENT = "log:"
MOVED = "~"
_ANSWER = ""  # the event id is the provider's, of the answer
# Both end within milliseconds of each other, on the same machine's clock.
TWIN_WINDOW = timedelta(seconds=2)


def event_id(call: Call) -> str:
    """What makes a repetition of this call harmless, by the rule above."""
    if call.response_id:
        return call.response_id
    return span_event(call.span.trace_id, call.span.span_id)


def span_event(trace_id: str, span_id: str) -> str:
    return f"{SPAN_EVENT}{trace_id}:{span_id}"


def log_event(trace_id: str, span_id: str) -> str:
    return f"{LOG_EVENT}{trace_id}:{span_id}"


def moved_id(event_id: str, moves: int) -> str:
    """The id of a call that moved so often within sessions that know its own id."""
    return f"{event_id[:240]}{MOVED}{moves}" if moves else event_id


def twin_key(report: UsageReport) -> int:
    """Equal for two reports that may be one call: the used tokens."""
    return report.used_tokens


def are_twins(one: UsageReport, other: UsageReport) -> bool:
    """Whether two reports with different event ids are the same call.

    Equal tokens of one model within TWIN_WINDOW, at most one of them with an id of the
    provider's: two answers with ids of their own are two calls, however alike. Two
    reports of one scope are two calls as well, unless one is an event and the other a
    span: Google ADK tells each call by both, the event without a model.
    """
    if one.at is None or other.at is None or one.used_tokens != other.used_tokens:
        return False
    if abs(one.at - other.at) > TWIN_WINDOW or not _is_one_model(one, other):
        return False
    kinds = {_kind(one), _kind(other)}
    if kinds == {SPAN_EVENT, LOG_EVENT}:
        places = {place for each in (one, other) if (place := _place(each))}
        return len(places) == 1 or _scope(one) != _scope(other)
    is_one_scope = _scope(one) == _scope(other)
    if len(kinds) == 1:
        return kinds != {_ANSWER} and not is_one_scope
    return LOG_EVENT in kinds or not is_one_scope or _scope(one) is None


def _is_one_model(one: UsageReport, other: UsageReport) -> bool:
    if not one.model or not other.model:
        return True  # told without a model: tokens and moment decide
    return family_name(one.model) == family_name(other.model)


def _kind(report: UsageReport) -> str:
    """What the event id is made of: a span's place, an event's, or an answer's id."""
    event_id = report.event_id or SPAN_EVENT
    prefixes = (kind for kind in (SPAN_EVENT, LOG_EVENT) if event_id.startswith(kind))
    return next(prefixes, _ANSWER)


def _place(report: UsageReport) -> str:
    """Trace and span of a report without an answer's id; "" where none is told."""
    place = (report.event_id or "").partition(MOVED)[0].partition(":")[2]
    return place if ":" in place else ""


def _scope(report: UsageReport) -> object:
    return (report.metadata or {}).get("scope")
