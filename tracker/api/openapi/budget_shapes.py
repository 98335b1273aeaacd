"""What sessions, samples and events look like in an answer."""

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
    page_of,
    ref,
    said,
)
from tracker.domain.budget.status import ACTIONS, LEVELS, WINDOW_SOURCES

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
        "counting": ref("Counting"),
        "divergence": said(
            or_null(ref("Divergence")), "Null where count and report agree within 10 %."
        ),
        "model_info": said(
            or_null(ref("ModelInfo")), "What the catalogue knows of the model."
        ),
        "hint": said(or_null(TEXT), "What would make the numbers better."),
        "cost": said(or_null(ref("Cost")), "What the requests cost, lanes included."),
        "forecast": said(
            or_null(ANYTHING),
            "Turns and minutes of work to each threshold; null when history is short.",
        ),
        "lane_budgets": many(ref("LaneBudget")),
    },
)

HISTORY = page_of(
    ref("Sample"),
    sample_count=said(INTEGER, "Samples in this stretch, shown or not."),
    is_downsampled=said(FLAG, "Fewer are shown than there are; peaks stay."),
)
