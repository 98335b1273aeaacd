"""Calls that ran tools by themselves, and tell the last of their requests alone.

google-genai calls a model again and again while the model asks for tools. Its
instrumentation by OpenTelemetry makes one span of all that, with the usage of the last
request: the window is right, but the earlier requests are in no cost.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tracker.sources.otlp import names
from tracker.sources.otlp.calls.call import Call
from tracker.sources.otlp.placing.lanes import is_tool
from tracker.sources.otlp.wire.records import Span

TOOL_LOOP = "tool_loop"  # UsageReport.partial
# The second since version 1.3 of the instrumentation.
_SCOPES = ("opentelemetry.instrumentation.google_genai", "opentelemetry.util.genai")


def with_loops(calls: Iterable[Call], spans: Iterable[Span]) -> list[Call]:
    """The calls, those of google-genai marked inside which one of these spans ran a
    tool.
    """
    loops = {
        (span.trace_id, span.parent_id)
        for span in spans
        if span.parent_id and span.scope.startswith(_SCOPES) and is_tool(span)
    }
    return [
        replace(call, partial=TOOL_LOOP)
        if call.span.key in loops and _is_google(call)
        else call
        for call in calls
    ]


def _is_google(call: Call) -> bool:
    return call.span.attributes.get(names.OPERATION) == "generate_content"
