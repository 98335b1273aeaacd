"""What compressions look like in an answer."""

from __future__ import annotations

from tracker.api.openapi.schema import (
    ANYTHING,
    FLAG,
    INTEGER,
    NUMBER,
    TEXT,
    TIME,
    TOKENS,
    Schema,
    closed,
    many,
    one_of,
    or_null,
    ref,
    said,
)
from tracker.models import Compression

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
        "counting": ref("CountedBy"),
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
        "compression": said(or_null(ref("Compression")), "null: it is gone since."),
        "budget": ref("Budget"),
        "events": many(ref("FiredEvent")),
    }
)
