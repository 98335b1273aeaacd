"""What reading one body of telemetry answers, in whichever format it came."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from tracker.domain.reports import CompressionReport, UsageReport
from tracker.sources.otlp.calls.call import Call
from tracker.sources.otlp.wire.records import Span

Report = UsageReport | CompressionReport


@dataclass(frozen=True, slots=True)
class TraceName:
    """What a span says about the calls inside it: the session ("" for none), and the
    lane of the agent that it is (None for no agent, "" for one without a name). `start`
    and `end` are aware, UTC; the root of a trace contains all of it.
    """

    trace_id: str
    session: str
    start: datetime
    end: datetime
    is_root: bool
    agent: str | None = None
    is_tool: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """One span without its texts, and the model call that it reports, None for any
    other step. Both are small enough to be remembered.
    """

    span: Span
    call: Call | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """The reports of one body, in time's order, and what gave none.

    `ignored` counts by reason what was understood and needs no report; `rejected`
    counts records that could not be believed, `error_message` says why: the numbers of
    OTLP's partial success. The rest is OTLP's alone (otlp/reasons.py has its reasons).
    `traces` says the trace of each usage report whose session somebody named, by its
    event id; `names` what spans around calls name, for calls of other bodies; `heard`
    all its spans, `by_span` the reports by the trace and span of their calls; `spawned`
    the threads of Codex with the thread that started each.
    """

    reports: list[Report] = field(default_factory=list)
    ignored: dict[str, int] = field(default_factory=dict)
    rejected: int = 0
    error_message: str = ""
    traces: dict[str, str] = field(default_factory=dict)
    names: list[TraceName] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    by_span: dict[tuple[str, str], UsageReport] = field(default_factory=dict)
    spawned: dict[str, str] = field(default_factory=dict)
