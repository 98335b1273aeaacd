"""The JSON the API answers with, as JSON Schema. Kept true by tests/api/test_documents.

A field that is not listed here is not answered: every shape is closed.
"""

from __future__ import annotations

from typing import Any

from tracker.domain.budget import ACTIONS, LEVELS, WINDOW_SOURCES
from tracker.models import Compression

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
INTEGER: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
FLAG: Schema = {"type": "boolean"}
ANYTHING: Schema = {"type": "object"}
TIME: Schema = {"type": "string", "format": "date-time"}
TOKENS: Schema = {"type": "integer", "minimum": 0}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def one_of(words: Any, description: str = "") -> Schema:
    found: Schema = {"type": "string", "enum": list(words)}
    return found | ({"description": description} if description else {})


def or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def many(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def said(schema: Schema, description: str) -> Schema:
    return {**schema, "description": description}


def closed(properties: dict[str, Schema], *, optional: tuple[str, ...] = ()) -> Schema:
    """An object with exactly these properties; `optional` ones may be missing."""
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def page_of(schema: Schema, **more: Schema) -> Schema:
    following = said(or_null(TEXT), "The cursor of the next page; null on the last.")
    return closed({"results": many(schema), **more, "next": following})


LEVEL = one_of(LEVELS)
SOURCE = one_of(
    ("", "reported", "counted", "estimated"),
    "reported by the provider, counted by a tokenizer or the caller, or estimated",
)
PARTS = closed(
    dict.fromkeys(
        ("system", "history", "user_context", "tools", "unattributed"), TOKENS
    )
)
BUDGET = closed(
    {
        "window_tokens": said(INTEGER, "What the model holds."),
        "window_source": one_of(WINDOW_SOURCES, "Who said how large the window is."),
        "reserved_tokens": said(INTEGER, "Kept free for the answer."),
        "available_tokens": said(INTEGER, "Window minus reserve."),
        "used_tokens": said(TOKENS, "Input including cache reads and writes."),
        "remaining_tokens": said(INTEGER, "Negative when exceeded."),
        "used_ratio": said(NUMBER, "Of available; may pass 1."),
        "used_percent": said(TEXT, "The same, rounded down, for people."),
        "level": LEVEL,
        "action": one_of(ACTIONS.values()),
        "should_compress": FLAG,
        "reasons": many(one_of(("messages", "budget"))),
        "target_tokens": said(TOKENS, "Where a compression should end."),
        "tokens_to_free": said(TOKENS, "0 unless should_compress."),
        "source": SOURCE,
        "policy": said(TEXT, "The policy that judged."),
        "parts": ref("Parts"),
        "warning": said(or_null(TEXT), "One sentence for a person."),
    }
)
FIRED_EVENT = closed(
    {
        "id": INTEGER,
        "seq": said(INTEGER, "Its number within the project: what sockets resume by."),
        "from_level": LEVEL,
        "to_level": LEVEL,
        "used_tokens": TOKENS,
        "at": TIME,
    }
)
EVENT = closed(
    {
        "id": INTEGER,
        "seq": INTEGER,
        "session": TEXT,
        "from_level": LEVEL,
        "to_level": LEVEL,
        "used_tokens": TOKENS,
        "available_tokens": INTEGER,
        "policy": TEXT,
        "at": TIME,
    }
)
SAMPLE = closed(
    {
        "event_id": TEXT,
        "at": TIME,
        "model": TEXT,
        "used_tokens": TOKENS,
        "parts": ref("Parts"),
        **{
            name: or_null(TOKENS)
            for name in (
                "input_tokens",
                "output_tokens",
                "cache_read_tokens",
                "cache_creation_tokens",
                "message_count",
            )
        },
        "window_tokens": INTEGER,
        "window_source": one_of(WINDOW_SOURCES),
        "available_tokens": INTEGER,
        "used_ratio": NUMBER,
        "level": LEVEL,
        "source": SOURCE,
        "lane": TEXT,
        "late": said(FLAG, "It came after a newer one: history only."),
        "clock_skewed": said(FLAG, "Its clock was over 5 minutes ahead."),
    }
)
_SESSION: dict[str, Schema] = {
    "session": TEXT,
    "title": TEXT,
    "model": TEXT,
    "lanes": said(many(TEXT), "main first, then sub-agents by name."),
    "budget": ref("Budget"),
    "first_at": or_null(TIME),
    "last_at": or_null(TIME),
    "sample_count": INTEGER,
    "event_count": INTEGER,
    "compression_count": INTEGER,
    "saved_tokens": TOKENS,
    "message_count": or_null(INTEGER),
    "metadata": ANYTHING,
}
LANE_BUDGET = closed(
    {
        "lane": TEXT,
        "model": TEXT,
        "budget": ref("Budget"),
        "first_at": or_null(TIME),
        "last_at": or_null(TIME),
        "sample_count": INTEGER,
    }
)
SESSION = closed(_SESSION)
SESSION_DETAIL = closed(
    {
        **_SESSION,
        "counting": said(ANYTHING, "How this session's text is counted, and why so."),
        "divergence": said(
            or_null(ANYTHING), "How far counts lie from what was reported."
        ),
        "model_info": said(or_null(ANYTHING), "What the catalogue knows of the model."),
        "hint": said(or_null(TEXT), "What would make the numbers better."),
        "cost": said(or_null(ANYTHING), "An estimate of what the requests cost."),
        "forecast": said(
            or_null(ANYTHING),
            "Turns and minutes of work to each threshold; null when history is short.",
        ),
        "lane_budgets": many(ref("LaneBudget")),
    },
)
_COMPRESSION: dict[str, Schema] = {
    "id": INTEGER,
    "seq": INTEGER,
    "session": TEXT,
    "at": TIME,
    "lane": TEXT,
    "model": TEXT,
    "performed_by": one_of(dict(Compression.PERFORMERS)),
    "trigger": one_of(dict(Compression.TRIGGERS)),
    "strategy": TEXT,
    "is_advice": said(FLAG, "Planned, but the messages were not changed."),
    "before_tokens": TOKENS,
    "after_tokens": TOKENS,
    "claimed_before_tokens": or_null(INTEGER),
    "claimed_after_tokens": or_null(INTEGER),
    "saved_tokens": said(INTEGER, "Negative when the result was larger."),
    "saved_ratio": NUMBER,
    "target_tokens": or_null(INTEGER),
    "is_target_met": or_null(FLAG),
    "before_message_count": or_null(INTEGER),
    "after_message_count": or_null(INTEGER),
    "score": said(or_null(NUMBER), "0 to 1: what can still be read of the original."),
    "facts_kept": or_null(INTEGER),
    "facts_lost": or_null(INTEGER),
    "verdicts": many(ANYTHING),
    "summary": TEXT,
    "review": one_of(dict(Compression.REVIEWS)),
    "review_note": TEXT,
    "reviewed_at": or_null(TIME),
}
COMPRESSION = closed(_COMPRESSION)
COMPRESSION_DETAIL = closed(
    {
        **_COMPRESSION,
        "before": said(or_null(many({})), "Null where the project keeps no messages."),
        "after": or_null(many({})),
        "fates": or_null(many(ANYTHING)),
        "facts": or_null(many(ANYTHING)),
        "lines": or_null(many(ANYTHING)),
        "plan": or_null(ANYTHING),
    }
)
OUTCOME = closed(
    {
        "session": TEXT,
        "event_id": TEXT,
        "duplicate": FLAG,
        "budget": ref("Budget"),
        "events": many(ref("FiredEvent")),
        "late": said(FLAG, "Present and true for a report older than the newest."),
    },
    optional=("late",),
)
BATCH = closed(
    {
        "accepted": INTEGER,
        "duplicates": INTEGER,
        "rejected": many(closed({"index": INTEGER, "field": TEXT, "error": TEXT})),
        "results": many(ref("Outcome")),
    }
)
OPTIMIZED = closed(
    {
        "session": TEXT,
        "messages": said(many({}), "What to send, in the shape that was given."),
        "compressed": FLAG,
        "reasons": many(one_of(("messages", "budget"))),
        "trigger": one_of(("", *dict(Compression.TRIGGERS))),
        "skipped": or_null(one_of(("little_to_reclaim", "cooldown", "advise"))),
        "before_tokens": TOKENS,
        "after_tokens": TOKENS,
        "target_tokens": TOKENS,
        "is_target_met": FLAG,
        "budget": ref("Budget"),
        "warnings": many(TEXT),
        "plan": or_null(ANYTHING),
        "compression": or_null(
            closed(
                {
                    "id": INTEGER,
                    "url": TEXT,
                    "score": or_null(NUMBER),
                    "facts_lost": or_null(INTEGER),
                }
            )
        ),
        "event_id": TEXT,
        "duplicate": FLAG,
        "events": many(ref("FiredEvent")),
    },
    optional=("event_id", "duplicate", "events"),  # a dry run stores nothing
)
RECORDED = closed(
    {
        "session": TEXT,
        "event_id": TEXT,
        "duplicate": FLAG,
        "compression": ref("Compression"),
        "budget": ref("Budget"),
        "events": many(ref("FiredEvent")),
    }
)
HISTORY = page_of(
    ref("Sample"),
    sample_count=said(INTEGER, "Samples in this stretch, shown or not."),
    is_downsampled=said(FLAG, "Fewer are shown than there are; peaks stay."),
)
ERROR = closed(
    {
        "error": closed(
            {"code": TEXT, "field": or_null(TEXT), "message": said(TEXT, "The rule.")}
        )
    }
)
RESPONSES: dict[str, Schema] = {
    "Parts": PARTS,
    "Budget": BUDGET,
    "FiredEvent": FIRED_EVENT,
    "Event": EVENT,
    "Sample": SAMPLE,
    "LaneBudget": LANE_BUDGET,
    "Session": SESSION,
    "SessionDetail": SESSION_DETAIL,
    "Compression": COMPRESSION,
    "CompressionDetail": COMPRESSION_DETAIL,
    "Outcome": OUTCOME,
    "Batch": BATCH,
    "Optimized": OPTIMIZED,
    "Recorded": RECORDED,
    "History": HISTORY,
    "SessionPage": page_of(ref("Session")),
    "EventPage": page_of(ref("Event")),
    "CompressionPage": page_of(ref("Compression")),
    "Error": ERROR,
}
