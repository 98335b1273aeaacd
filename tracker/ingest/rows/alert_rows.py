"""Alerts on their way out: written in the transaction of what they tell of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec
from django.utils import timezone

from tracker.domain.alerts import NEWS_FOR, Happening, Rule
from tracker.domain.budget.status import percent_text
from tracker.domain.conversation.text.visible_text import visible, visible_lines
from tracker.ingest.arrivals import FiredEvent
from tracker.ingest.rows.event_rows import PendingCompression
from tracker.ingest.rows.sessions.gauge_state import SessionState
from tracker.models import AlertDelivery, Compression, LLMSession
from tracker.models.outgoing.alerts import load_rules

Rules = Mapping[int, list[Rule]]  # project id -> its rules
Told = tuple[str, Happening, dict[str, Any]]  # about, what happened, the message


def write_alerts(
    rules: Rules,
    events: Iterable[tuple[SessionState, FiredEvent]],
    compressions: Iterable[PendingCompression],
) -> None:
    """A row for each rule that waits for one of these. They have their seq already."""
    told = [
        (state.project_id, _event(state, event))
        for state, event in events
        if state.project_id in rules
    ]
    told += [
        (item.project_id, _recorded(item, item.row))
        for item in compressions
        if item.project_id in rules and item.row is not None
    ]
    put_out(rules, told)


def write_reviewed(pk: int, analysis: str | None) -> None:
    """For who waits for what the review of this stored compression found.

    A rule that its storing told already is not told again: both say the same `about`.
    """
    news = Compression.objects.filter(pk=pk, at__gte=timezone.now() - NEWS_FOR)
    row = news.select_related("session").first()
    rules = load_rules() if row is not None else {}
    if row is None or row.project_id not in rules:
        return
    session = row.session
    told = _compression(session, row, session.metadata, _lost(analysis))
    put_out(rules, [(row.project_id, told)])


def write_flagged(rules: Rules, compression: Compression) -> None:
    """For who waits for a flag of a reviewer."""
    session = compression.session
    _, what, message = _compression(session, compression, session.metadata)
    message |= {"kind": "flagged", "title": f"{_name(session)}: compression flagged"}
    message["text"] = visible_lines(compression.review_note) or "No note was given."
    flagged = Happening("flagged", timezone.now(), what.model, what.metadata)
    about = f"flagged {compression.pk} at {compression.reviewed_at}"
    put_out(rules, [(compression.project_id, (about, flagged, message))])


def put_out(rules: Rules, told: Iterable[tuple[int, Told]]) -> None:
    now = timezone.now()
    rows = list(_rows(rules, told, now))
    if rows:
        AlertDelivery.objects.bulk_create(rows, ignore_conflicts=True)


def _rows(
    rules: Rules, told: Iterable[tuple[int, Told]], now: datetime
) -> Iterator[AlertDelivery]:
    for project_id, (about, what, message) in told:
        for rule in rules.get(project_id, ()):
            is_urgent = what.to_level == "exceeded"
            if rule.matches(what, now):
                yield AlertDelivery(
                    project_id=project_id,
                    channel_id=rule.channel_id,
                    rule_id=rule.id,
                    about=about[:100],
                    message={**message, "rule": rule.name},
                    created_at=now,
                    due_at=rule.due(now, is_urgent=is_urgent),
                    is_gathered=rule.is_gathered(is_urgent=is_urgent),
                )


def _event(state: SessionState, event: FiredEvent) -> Told:
    used = percent_text(event.used_tokens, event.available_tokens)
    what = Happening(
        "event",
        event.at,
        state.gauge.model,
        state.metadata,
        from_level=event.from_level,
        to_level=event.to_level,
    )
    message = _about_session(state) | {
        "kind": "event",
        "title": f"{_name(state)} is at {used}",
        "text": f"{event.from_level} → {event.to_level}: {event.used_tokens:,} of "
        f"{event.available_tokens:,} available tokens.",
        "from_level": event.from_level,
        "to_level": event.to_level,
        "used_tokens": event.used_tokens,
        "available_tokens": event.available_tokens,
        "at": event.at.isoformat(),
        "page": ["session", state.id],
    }
    return f"event {event.seq}", what, message


class _Analysis(msgspec.Struct):
    facts_by_kind: dict[str, dict[str, int]] = {}


_analysis = msgspec.json.Decoder(_Analysis)


def _recorded(item: PendingCompression, row: Compression) -> Told:
    return _compression(item.state, row, item.state.metadata, _instructions(item))


def _instructions(item: PendingCompression) -> int:
    """How many the compression lost, where its messages are known by now."""
    words = item.report.words
    return _lost(None if words is None else words.analysis)


def _lost(analysis: str | None) -> int:
    if analysis is None:
        return 0
    by_kind = _analysis.decode(analysis).facts_by_kind
    return by_kind.get("constraint", {}).get("lost", 0)


def _compression(
    session: SessionState | LLMSession,
    row: Compression,
    metadata: Mapping[str, Any],
    instructions: int = 0,
) -> Told:
    missed = row.target_tokens is not None and row.after_tokens > row.target_tokens
    what = Happening(
        "compression",
        row.at,
        row.model,
        metadata,
        score=row.score,
        trigger=row.trigger,
        missed_target=missed,
        lost_instructions=instructions,
    )
    suspected = " suspected" if row.trigger == "suspected" else ""
    score = "" if row.score is None else f" Score {row.score:.2f}."
    facts = "fact" if row.facts_lost == 1 else "facts"
    lost = f" {row.facts_lost:,} {facts} lost." if row.facts_lost else ""
    if instructions:
        which = (
            "an instruction" if instructions == 1 else f"{instructions} instructions"
        )
        lost = f"{lost[:-1]}, {which} among them."
    message = _about_session(session) | {
        "kind": "compression",
        "title": f"{_name(session)}: an instruction was lost"
        if instructions
        else f"{_name(session)}: compression{suspected}",
        "text": f"{row.before_tokens:,} → {row.after_tokens:,} tokens.{score}{lost}"
        + (f" The target of {row.target_tokens:,} was missed." if missed else ""),
        "compression": row.pk,
        "score": row.score,
        "facts_lost": row.facts_lost,
        "instructions_lost": instructions,
        "at": row.at.isoformat(),
        "page": ["compression", row.pk],
    }
    return f"compression {row.seq}", what, message


def _about_session(session: SessionState | LLMSession) -> dict[str, Any]:
    return {"session": session.key, "session_title": session.title}


def _name(session: SessionState | LLMSession) -> str:
    return visible(session.title or session.key)[:120]
