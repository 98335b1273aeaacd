"""The messages a socket receives: plain dicts of text, numbers, lists and dicts.

The same functions serve fresh news and rows read back, so that what is pushed and
what is replayed cannot differ. Documented in docs/reference.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from tracker.domain.budget.status import LEVELS, BudgetStatus, percent_text
from tracker.models import Compression, LLMSession, Project, ThresholdEvent

SUMMARY_CHARACTERS = 600  # enough for the card; the page has the whole


def encode(message: dict[str, Any]) -> str:
    return msgspec.json.encode(message).decode()


def time_text(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None


def session_head(session: LLMSession, project: str) -> dict[str, Any]:
    return {
        "session": session.key,
        "pk": session.pk,
        "project": project,
        "title": session.title,
    }


@dataclass(slots=True)
class GaugeMoment:
    """What one lane's gauge showed at a commit. Put into words when it is sent: most
    are overtaken before.
    """

    head: dict[str, Any]
    status: BudgetStatus
    seq: int
    lane: str
    model: str
    last_at: datetime | None
    sample_count: int
    message_count: int | None

    def message(self) -> dict[str, Any]:
        return {
            "type": "budget",
            "seq": self.seq,
            **self.head,
            "model": self.model,
            "lane": self.lane,
            "last_at": time_text(self.last_at),
            "sample_count": self.sample_count,
            "message_count": self.message_count,
            "budget": self.status.as_dict(),
        }

    def row(self) -> dict[str, Any]:
        """What a row of a list shows: half the bytes, times a thousand."""
        status = self.status
        available = status.limits.available_tokens
        return {
            "type": "budget",
            "seq": self.seq,
            **self.head,
            "lane": self.lane,
            "last_at": time_text(self.last_at),
            "sample_count": self.sample_count,
            "budget": {
                "used_tokens": status.used_tokens,
                "available_tokens": available,
                "used_ratio": round(status.used_ratio, 6),
                "used_percent": percent_text(status.used_tokens, available),
                "level": status.level,
                "policy": status.policy,
            },
        }


def event_message(head: dict[str, Any], event: ThresholdEvent) -> dict[str, Any]:
    return {
        "type": "event",
        "seq": event.seq,
        **head,
        "id": event.pk,
        "from_level": event.from_level,
        "to_level": event.to_level,
        "used_tokens": event.used_tokens,
        "available_tokens": event.available_tokens,
        "at": time_text(event.at),
    }


def compression_message(
    head: dict[str, Any], compression: Compression, summary: str
) -> dict[str, Any]:
    return {
        "type": "compression",
        "seq": compression.seq,
        **head,
        "id": compression.pk,
        "lane": compression.lane,
        "performed_by": compression.performed_by,
        "trigger": compression.trigger,
        "told_by": compression.told_by,
        "strategy": compression.strategy,
        "is_advice": compression.is_advice,
        "before_tokens": compression.before_tokens,
        "after_tokens": compression.after_tokens,
        "saved_tokens": compression.saved_tokens,
        "saved_ratio": round(compression.saved_ratio, 6),
        "target_tokens": compression.target_tokens,
        "is_target_met": compression.is_target_met,
        "before_message_count": compression.before_message_count,
        "after_message_count": compression.after_message_count,
        "score": compression.score,
        "facts_lost": compression.facts_lost,
        "review": compression.review,
        "summary": summary[:SUMMARY_CHARACTERS],
        "at": time_text(compression.at),
    }


def level_counts(projects: list[Project]) -> dict[str, int]:
    return {
        level: sum(getattr(project, f"{level}_count") for project in projects)
        for level in LEVELS
    }
