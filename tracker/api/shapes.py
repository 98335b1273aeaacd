"""The JSON shapes of the contract: session, sample, event, compression."""

from __future__ import annotations

from typing import Any

from tracker.domain.budget.status import BudgetStatus
from tracker.models import (
    Compression,
    CompressionText,
    LLMSession,
    SessionLane,
    ThresholdEvent,
    UsageSample,
)
from tracker.reading.policy_shelf import present_policies


def present_budget(session: LLMSession) -> BudgetStatus:
    book = present_policies()
    return book.policy_for(session.project_id, session.model, session.pk).judge(session)


def session_dict(session: LLMSession, lanes: list[SessionLane]) -> dict[str, Any]:
    return {
        "session": session.key,
        "title": session.title,
        "model": session.model,
        "lanes": ["main", *(lane.name for lane in lanes)],
        "budget": present_budget(session).as_dict(),
        "first_at": session.first_at,
        "last_at": session.last_at,
        "sample_count": session.sample_count,
        "event_count": session.event_count,
        "compression_count": session.compression_count,
        "saved_tokens": session.saved_tokens,
        "message_count": session.message_count,
        "metadata": session.metadata,
    }


def lane_dict(session: LLMSession, lane: SessionLane) -> dict[str, Any]:
    effective = present_policies().policy_for(
        session.project_id, lane.model, session.pk
    )
    return {
        "lane": lane.name,
        "model": lane.model,
        "budget": effective.judge(lane).as_dict(),
        "first_at": lane.first_at,
        "last_at": lane.last_at,
        "sample_count": lane.sample_count,
    }


def sample_dict(sample: UsageSample) -> dict[str, Any]:
    return {
        "event_id": sample.event_id,
        "at": sample.at,
        "model": sample.model,
        "used_tokens": sample.used_tokens,
        "parts": {
            "system": sample.system_tokens,
            "history": sample.history_tokens,
            "user_context": sample.user_context_tokens,
            "tools": sample.tools_tokens,
            "unattributed": sample.unattributed_tokens,
        },
        "input_tokens": sample.input_tokens,
        "output_tokens": sample.output_tokens,
        "cache_read_tokens": sample.cache_read_tokens,
        "cache_creation_tokens": sample.cache_creation_tokens,
        "message_count": sample.message_count,
        "window_tokens": sample.window_tokens,
        "window_source": sample.window_source,
        "available_tokens": sample.available_tokens,
        "used_ratio": round(sample.used_ratio, 6),
        "level": sample.level,
        "source": sample.source,
        "lane": sample.lane,
        "late": sample.is_late,
        "clock_skewed": sample.is_clock_skewed,
    }


def event_dict(event: ThresholdEvent) -> dict[str, Any]:
    return {
        "id": event.pk,
        "seq": event.seq,
        "session": event.session.key,
        "from_level": event.from_level,
        "to_level": event.to_level,
        "used_tokens": event.used_tokens,
        "available_tokens": event.available_tokens,
        "policy": event.policy_name,
        "at": event.at,
    }


def compression_dict(compression: Compression, *, summary: str) -> dict[str, Any]:
    return {
        "id": compression.pk,
        "seq": compression.seq,
        "session": compression.session.key,
        "at": compression.at,
        "lane": compression.lane,
        "model": compression.model,
        "performed_by": compression.performed_by,
        "trigger": compression.trigger,
        "strategy": compression.strategy,
        "is_advice": compression.is_advice,
        "before_tokens": compression.before_tokens,
        "after_tokens": compression.after_tokens,
        "claimed_before_tokens": compression.claimed_before_tokens,
        "claimed_after_tokens": compression.claimed_after_tokens,
        "saved_tokens": compression.saved_tokens,
        "saved_ratio": round(compression.saved_ratio, 6),
        "target_tokens": compression.target_tokens,
        "is_target_met": compression.is_target_met,
        "before_message_count": compression.before_message_count,
        "after_message_count": compression.after_message_count,
        "score": compression.score,
        "facts_kept": compression.facts_kept,
        "facts_lost": compression.facts_lost,
        "verdicts": compression.verdicts,
        "summary": summary,
        "review": compression.review,
        "review_note": compression.review_note,
        "reviewed_at": compression.reviewed_at,
    }


def compression_detail(compression: Compression) -> dict[str, Any]:
    """With the messages and their fates, as far as they were kept."""
    text = CompressionText.objects.filter(compression=compression).first()
    analysis = (text.analysis or {}) if text else {}
    return {
        **compression_dict(compression, summary=text.summary if text else ""),
        "before": text.before if text else None,
        "after": text.after if text else None,
        "fates": analysis.get("fates"),
        "facts": analysis.get("facts"),
        "lines": analysis.get("lines"),
        "plan": text.plan if text else None,
    }
