"""What a session's row should say, recounted from its samples and events."""

from __future__ import annotations

from typing import Any

from tracker.domain.budget.policy import PolicyError
from tracker.domain.budget.resolution import PolicyBook
from tracker.domain.reports import MAIN_LANE
from tracker.ingest.rows.recounting.facts import LaneFacts, SessionFacts, facts_of
from tracker.models import Compression, LLMSession, UsageSample
from tracker.models.sessions import PART_COLUMNS, OccupancyFields


def recount_session(
    session: LLMSession, book: PolicyBook, facts: SessionFacts | None = None
) -> dict[str, Any]:
    """The columns of its row that can be recounted, by name. `facts`: those that were
    read with other sessions' at once.
    """
    facts = facts or facts_of([session])[session.pk]
    pairs = facts.compressions
    counted = recount_lane(session, session, MAIN_LANE, book, facts)
    counted |= {
        "event_count": facts.events,
        "compression_count": len(pairs),
        "saved_tokens": sum(max(0, before - after) for before, after in pairs),
        "last_compression_at": facts.last_compression_at,
    }
    if facts.last_level or session.project.retention_days is None:
        counted["event_level"] = facts.last_level or "ok"
    return counted


def recount_lane(
    session: LLMSession,
    row: OccupancyFields,
    lane: str,
    book: PolicyBook,
    facts: SessionFacts | None = None,
) -> dict[str, Any]:
    """The gauge of one lane: its newest sample, or the compression after it."""
    facts = facts or facts_of([session])[session.pk]
    found = facts.lanes.get(lane, LaneFacts())
    newest, cut = found.newest, found.cut
    counted: dict[str, Any] = {
        "sample_count": found.samples,
        "first_at": found.first_at,
        "last_at": max((r.at for r in (newest, cut) if r is not None), default=None),
    }
    if newest is None and cut is None:
        return counted
    counted |= _shown(row, newest, cut)
    return counted | _judged(session, row, counted, book)


def _shown(
    row: OccupancyFields, sample: UsageSample | None, cut: Compression | None
) -> dict[str, Any]:
    """Of a sample and a compression at the same moment either may be the later: what
    the row shows decides. `optimize` stores the sample first.
    """
    if sample is None:
        return _of_compression(row, cut)
    if cut is None or sample.at > cut.at:
        return _of_sample(row, sample)
    if sample.at == cut.at and row.used_tokens == sample.used_tokens:
        return _of_sample(row, sample)
    return _of_compression(row, cut)


def _of_sample(row: OccupancyFields, sample: UsageSample) -> dict[str, Any]:
    counted = {name: getattr(sample, name) for name in PART_COLUMNS}
    counted["used_tokens"] = sample.used_tokens
    counted["message_count"] = sample.message_count
    counted["source"] = sample.source
    counted["model"] = sample.model or row.model
    return counted


def _of_compression(row: OccupancyFields, cut: Any) -> dict[str, Any]:
    """Its parts were worked out from those before: they must add up. Where they do
    not, what is left beside the steady ones is history.
    """
    counted: dict[str, Any] = {
        "used_tokens": cut.after_tokens,
        "message_count": cut.after_message_count,
    }
    if sum(getattr(row, name) for name in PART_COLUMNS) == cut.after_tokens:
        return counted
    left = cut.after_tokens
    for name in PART_COLUMNS:
        counted[name] = 0
    for name in ("system_tokens", "tools_tokens", "user_context_tokens"):
        counted[name] = min(left, getattr(row, name))
        left -= counted[name]
    counted["history_tokens"] = left
    return counted


def _judged(
    session: LLMSession, row: OccupancyFields, counted: dict[str, Any], book: PolicyBook
) -> dict[str, Any]:
    """Level and ratio, by the policy of now and the window the row was judged with.

    Empty where that policy does not fit the window: then the stored level stands.
    """
    model = counted.get("model", row.model)
    effective = book.policy_for(session.project_id, model, session.pk)
    used = row.used_tokens
    row.used_tokens = counted["used_tokens"]
    try:
        status = effective.judge(row)
    except PolicyError:
        return {}
    finally:
        row.used_tokens = used
    ratio = counted["used_tokens"] / row.available_tokens
    return {"level": status.level, "used_ratio": ratio}
