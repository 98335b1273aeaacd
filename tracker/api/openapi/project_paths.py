"""Operations on all of a project: events, compressions, exports."""

from __future__ import annotations

from typing import Any

from tracker.api.compressions import ReviewBody
from tracker.api.events import MOST_ID
from tracker.api.exports import EXPORTS, FORMATS
from tracker.api.openapi.operations import (
    ID,
    INTEGER,
    LEVEL,
    PAGE,
    READ,
    SINCE,
    TEXT,
    UNTIL,
    WRITE,
    Operation,
    as_json,
    in_path,
    json_answer,
    one_of,
    operation,
    query,
    ref,
)
from tracker.api.queries import MOST
from tracker.api.shapes.budget import EventPage
from tracker.api.shapes.compressions import CompressionDetail, CompressionPage
from tracker.api.shapes.plan_limits import PlanLimits
from tracker.api.shapes.spend import SpendTable
from tracker.domain.spend.tables import TABLES
from tracker.models import Compression


def project_paths() -> dict[str, Any]:
    after = query(
        "after",
        INTEGER | {"minimum": 0, "maximum": MOST_ID},
        "Events with a larger id, oldest first; `next` is then the next `after`.",
    )
    return {
        "/api/v1/events": {
            "get": operation(
                "list_events",
                "The project's threshold events",
                scope="read",
                parameters=(after, LEVEL, *PAGE),
                answers={200: json_answer(ref(EventPage), "Newest first")},
            )
        },
        "/api/v1/spend": {
            "get": operation(
                "get_spend",
                "What the project cost, by list prices",
                scope="read",
                description="The tables of ccusage, with its sums. Days are UTC days, "
                "weeks begin on Sunday, blocks last five hours.",
                parameters=(
                    query("table", one_of(TABLES), "`daily` if not given."),
                    SINCE,
                    UNTIL,
                    query(
                        "limit",
                        INTEGER | {"minimum": 1, "maximum": MOST, "default": MOST},
                        "How many rows: the newest, or the dearest sessions.",
                    ),
                ),
                answers={200: json_answer(ref(SpendTable), "Its rows and their sum")},
            )
        },
        "/api/v1/plan-limits": {
            "get": operation(
                "get_plan_limits",
                "What is used of the clients' subscriptions",
                scope="read",
                description="Of Claude Code and Codex: five hours and the week, as the "
                "status line, session files or the gateway's answers said last.",
                answers={200: json_answer(ref(PlanLimits), "Those that still hold")},
            )
        },
        "/api/v1/compressions": {
            "get": operation(
                "list_compressions",
                "The project's compressions",
                scope="read",
                parameters=(
                    query("session", TEXT, "Only this session's."),
                    query("review", one_of(dict(Compression.REVIEWS)), "Only these."),
                    query("trigger", one_of(dict(Compression.TRIGGERS)), "Only these."),
                    *PAGE,
                ),
                answers={200: json_answer(ref(CompressionPage), "Newest first")},
            )
        },
        "/api/v1/compressions/{id}": {
            "parameters": [ID],
            "get": operation(
                "get_compression",
                "One compression with messages, fates and facts",
                scope="read",
                answers={200: json_answer(ref(CompressionDetail), "It")},
                errors=(401, 403, 404, 503),
            ),
        },
        "/api/v1/compressions/{id}/review": {
            "parameters": [ID],
            "post": operation(
                "review_compression",
                "Say whether a compression was good",
                scope="optimize",
                description="With `expected`, refused if someone else was faster.",
                body=as_json(ReviewBody),
                answers={200: json_answer(ref(CompressionDetail), "Judged")},
                errors=(*WRITE, 404, 409),
            ),
        },
        "/api/v1/export/{what}.{format}": {"get": export()},
    }


ORDER = "Rows by ascending id; of usage by session, and within it by time"


def export() -> Operation:
    content = {kind.split(";")[0]: {"schema": TEXT} for kind in FORMATS.values()}
    return operation(
        "export",
        "Everything of a project, streamed",
        scope="read",
        parameters=(
            in_path("what", one_of(EXPORTS), "Which rows."),
            in_path("format", one_of(FORMATS), "How they are written."),
            SINCE,
            UNTIL,
        ),
        answers={200: {"description": ORDER, "content": content}},
        errors=(*READ, 404),
    )
