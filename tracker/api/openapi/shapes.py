"""The JSON the API answers with, as JSON Schema. Kept true by tests/api/test_documents.

A field that is not listed here is not answered: every shape is closed.
"""

from __future__ import annotations

from tracker.api.openapi.budget_shapes import (
    BUDGET,
    EVENT,
    FIRED_EVENT,
    HISTORY,
    LANE_BUDGET,
    PARTS,
    SAMPLE,
    SESSION,
    SESSION_DETAIL,
)
from tracker.api.openapi.compression_shapes import (
    COMPRESSION,
    COMPRESSION_DETAIL,
    OPTIMIZED,
    RECORDED,
)
from tracker.api.openapi.counting_shapes import (
    COST,
    COUNTED_BY,
    COUNTING,
    DIVERGENCE,
    MODEL_INFO,
)
from tracker.api.openapi.schema import (
    FLAG,
    INTEGER,
    TEXT,
    Schema,
    closed,
    many,
    or_null,
    page_of,
    ref,
    said,
)

OUTCOME = closed(
    {
        "session": TEXT,
        "event_id": TEXT,
        "duplicate": FLAG,
        "budget": ref("Budget"),
        "events": many(ref("FiredEvent")),
        "late": said(FLAG, "Present and true for a report older than the newest."),
        "counting": said(
            ref("CountedBy"), "Present where text of the report was counted here."
        ),
    },
    optional=("late", "counting"),
)
BATCH = closed(
    {
        "accepted": INTEGER,
        "duplicates": INTEGER,
        "rejected": many(
            closed(
                {
                    "index": INTEGER,
                    "field": TEXT,
                    "error": TEXT,
                    "status": said(
                        {"type": "integer", "enum": [422, 503]},
                        "422: it breaks a rule. 503: send it again, same event_id.",
                    ),
                }
            )
        ),
        "results": many(ref("Outcome")),
    }
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
    "CountedBy": COUNTED_BY,
    "Counting": COUNTING,
    "Divergence": DIVERGENCE,
    "ModelInfo": MODEL_INFO,
    "Cost": COST,
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
