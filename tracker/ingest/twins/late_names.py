"""A session that a later span names, for calls of its trace that another process took
in, or this one before it was started anew: TraceBook knows only its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC
from typing import Any

from tracker.domain.reports import MAIN_LANE, UsageReport
from tracker.ingest.arrivals import Replaced
from tracker.ingest.twins.filter import Sifted
from tracker.models import LLMSession, UsageSample
from tracker.sources.otlp.placing.lanes import SUB_AGENT
from tracker.sources.otlp.reading import TraceName

_OWN = ("grouped_by", "main_agent")  # of the trace's session, not of its calls


def late_moves(
    project_id: int, names: Sequence[TraceName], *, known: Collection[str]
) -> list[Sifted]:
    """The stored calls that these names move, in time's order, but for those whose
    event ids are `known` to this process. One query, a second where there are any.
    """
    by_trace = defaultdict(list)
    for name in names:
        by_trace[name.trace_id].append(name)
    found = []
    for report in _grouped(project_id, {n.trace_id for n in names if n.session}):
        placed = _placed(report, by_trace[report.session])
        if placed is None or report.event_id is None or report.event_id in known:
            continue
        found.append(Sifted(placed, Replaced(report.session, report.event_id)))
    return found


def _placed(report: UsageReport, names: Sequence[TraceName]) -> UsageReport | None:
    """The call in the session and lane that the spans around it name; None for none."""
    at = report.at
    around = [n for n in names if at is not None and n.start <= at <= n.end]
    around.sort(key=lambda name: name.end - name.start)
    holders = [n.session for n in around if n.session]
    # The root contains every call of its trace, also one that ends after it.
    holders += [n.session for n in names if n.session and n.is_root]
    if not holders:
        return None
    metadata = {k: v for k, v in (report.metadata or {}).items() if k not in _OWN}
    moved = replace(report, session=holders[0], title="", metadata=metadata)
    if report.lane != MAIN_LANE:
        return moved
    lane = _sub_agent(around)
    return replace(moved, lane=lane, agent="") if lane else moved


def _sub_agent(around: Sequence[TraceName]) -> str:
    """The nearest agent's lane if it is inside another agent, or is a tool; else "".
    As lanes.py says it of spans that come together.
    """
    nearest: str | None = None
    for name in around:
        is_outside = nearest is not None and (
            name.is_tool or name.agent not in (None, nearest)
        )
        if is_outside:
            return nearest or SUB_AGENT
        if nearest is None:
            nearest = name.agent
    return ""


def _grouped(project_id: int, traces: Collection[str]) -> Iterator[UsageReport]:
    """The stored calls of those of `traces` that stand for a session."""
    if not traces:
        return
    sessions = LLMSession.objects.filter(project_id=project_id, key__in=traces)
    rows = {
        row.pk: row
        for row in sessions.only("pk", "key", "metadata")
        if row.metadata.get("grouped_by") == "trace"
    }
    if not rows:
        return
    samples = UsageSample.objects.filter(session_id__in=list(rows))
    for sample in samples.order_by("at", "pk"):
        session = rows[sample.session_id]
        yield stored_report(sample, session.key, session.metadata)


def stored_report(
    sample: UsageSample, session: str, metadata: Mapping[str, Any]
) -> UsageReport:
    """The report that the sample was stored from, as telemetry gives it."""
    at = sample.at if sample.at.tzinfo else sample.at.replace(tzinfo=UTC)
    is_main = sample.lane == MAIN_LANE
    return UsageReport(
        session=session,
        used_tokens=sample.used_tokens,
        parts=sample.parts,
        source=sample.source,
        parts_source=sample.parts_source,
        event_id=sample.event_id,
        at=at,
        model=sample.model,
        lane=sample.lane,
        agent=str(metadata.get("main_agent", "")) if is_main else "",
        message_count=sample.message_count,
        input_tokens=sample.input_tokens,
        output_tokens=sample.output_tokens,
        cache_read_tokens=sample.cache_read_tokens,
        cache_creation_tokens=sample.cache_creation_tokens,
        cache_hour_tokens=sample.cache_hour_tokens,
        cache_reason=sample.cache_reason,
        added=sample.added,
        origin=sample.origin,
        metadata=dict(metadata),
        implausible=sample.implausible or None,
    )
