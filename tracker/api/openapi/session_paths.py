"""Operations on one session, and those that report to it."""

from __future__ import annotations

from typing import Any

from tracker.api.compressions import CompressionBody
from tracker.api.openapi.operations import (
    INTEGER,
    KEY,
    LEVEL,
    PAGE,
    READ,
    SINCE,
    TEXT,
    UNTIL,
    WRITE,
    Operation,
    as_json,
    json_answer,
    one_of,
    operation,
    query,
    ref,
)
from tracker.api.optimizing.body import OptimizeBody
from tracker.api.queries import LONGEST_SEARCH
from tracker.api.sessions.recall import MOST_CHARACTERS, MOST_TOKENS, TOKENS
from tracker.api.sessions.usage_history import MOST_POINTS, POINTS
from tracker.api.sessions.views import ORDERS
from tracker.api.shapes.budget import EventPage, History
from tracker.api.shapes.composition import WindowComposition
from tracker.api.shapes.compressions import (
    CompressionPage,
    Optimized,
    Recalled,
    RecordedCompression,
)
from tracker.api.shapes.sessions import SessionDetail, SessionPage
from tracker.api.shapes.usage import Batch, Error, Recorded
from tracker.reading.sessions.composition import MOST_TURNS, TURNS
from tracker.sources.native import UsageBody


def usage() -> Operation:
    either = {"oneOf": [ref(UsageBody), {"type": "array", "items": ref(UsageBody)}]}
    body = {
        "application/json": {"schema": either},
        "application/x-ndjson": {
            "schema": TEXT | {"description": "One report a line."}
        },
    }
    refused = json_answer(
        {"anyOf": [ref(Error), ref(Batch)]},
        "A field breaks a rule; of a batch no report was good",
    )
    return operation(
        "record_usage",
        "Report what sessions' windows hold",
        scope="ingest",
        description="One report, an array, or NDJSON; up to 1,000 reports and 8 MiB.",
        body=body,
        answers={
            200: json_answer(
                {"anyOf": [ref(Recorded), ref(Batch)]}, "A repeat, or a batch"
            ),
            201: json_answer(ref(Recorded), "Stored and judged"),
            422: refused,
        },
        errors=tuple(status for status in WRITE if status != 422),
    )


def session_paths() -> dict[str, Any]:
    base = "/api/v1/sessions"
    missing = (*READ, 404)
    listed = operation(
        "list_sessions",
        "Sessions, newest activity first",
        scope="read",
        parameters=(
            LEVEL,
            query("model", TEXT, "Only this model."),
            query(
                "q",
                TEXT | {"maxLength": LONGEST_SEARCH},
                "Found in key, title or metadata; team:billing is a label.",
            ),
            query("meta", TEXT, "Only with this label of the metadata: team:billing."),
            query("order", one_of(ORDERS), "fullest: by share of available tokens."),
            *PAGE,
        ),
        answers={200: json_answer(ref(SessionPage), "A page")},
    )
    one = operation(
        "get_session",
        "One session: budget, lanes, counts",
        scope="read",
        answers={200: json_answer(ref(SessionDetail), "The session")},
        errors=missing,
    )
    points = INTEGER | {"minimum": 2, "maximum": MOST_POINTS, "default": POINTS}
    history = operation(
        "get_usage",
        "A session's samples over time",
        scope="read",
        parameters=(
            SINCE,
            UNTIL,
            query("lane", TEXT | {"default": "main"}, "A sub-agent's."),
            query("max_points", points, "Thinned when there are more; peaks stay."),
        ),
        answers={200: json_answer(ref(History), "Oldest first")},
        errors=missing,
    )
    turns = INTEGER | {"minimum": 1, "maximum": MOST_TURNS, "default": TURNS}
    composed = operation(
        "get_composition",
        "What fills a session's window",
        scope="read",
        description="By kind, tool, MCP server, file and skill; what each turn added.",
        parameters=(
            query("lane", TEXT | {"default": "main"}, "A sub-agent's."),
            query("turns", turns, "The newest requests, with what each added."),
        ),
        answers={200: json_answer(ref(WindowComposition), "As of the newest request")},
        errors=missing,
    )
    tokens = INTEGER | {"minimum": 1, "maximum": MOST_TOKENS, "default": TOKENS}
    words = TEXT | {"minLength": 1, "maxLength": MOST_CHARACTERS}
    recalled = operation(
        "recall",
        "Passages of what compressions replaced",
        scope="read",
        description="Ranked by BM25, from the messages that the project keeps.",
        parameters=(
            query("q", words, "Words to look for.") | {"required": True},
            query("tokens", tokens, "At most so many, all passages together."),
            query("lane", TEXT | {"default": "main"}, "A sub-agent's."),
        ),
        answers={200: json_answer(ref(Recalled), "The best first")},
        errors=missing,
    )
    events = operation(
        "list_session_events",
        "A session's threshold events",
        scope="read",
        parameters=PAGE,
        answers={200: json_answer(ref(EventPage), "Newest first")},
        errors=missing,
    )
    return {
        base: {"get": listed},
        f"{base}/{{session}}": {"parameters": [KEY], "get": one},
        f"{base}/{{session}}/usage": {"parameters": [KEY], "get": history},
        f"{base}/{{session}}/composition": {"parameters": [KEY], "get": composed},
        f"{base}/{{session}}/recall": {"parameters": [KEY], "get": recalled},
        f"{base}/{{session}}/events": {"parameters": [KEY], "get": events},
        f"{base}/{{session}}/optimize": {"parameters": [KEY], "post": optimize()},
        f"{base}/{{session}}/compressions": {
            "parameters": [KEY],
            **session_compressions(),
        },
    }


def optimize() -> Operation:
    return operation(
        "optimize_messages",
        "Messages in, messages to send out",
        scope="optimize",
        description="Up to 32 MiB. Records a sample of what came in, and the "
        "compression. `dry_run` stores nothing. `after` names a cut: `messages` are "
        "then those that follow it; 409 `unknown_cut` asks for all of them.",
        body=as_json(OptimizeBody),
        answers={
            200: json_answer(ref(Optimized), "A repeat, or a dry run"),
            201: json_answer(ref(Optimized), "Done, or left as it was: `skipped`"),
        },
        errors=(*WRITE, 409),
    )


def session_compressions() -> dict[str, Operation]:
    return {
        "get": operation(
            "list_session_compressions",
            "A session's compressions",
            scope="read",
            parameters=PAGE,
            answers={200: json_answer(ref(CompressionPage), "Newest first")},
            errors=(*READ, 404),
        ),
        "post": operation(
            "record_compression",
            "Record a compression the client did itself",
            scope="ingest",
            description="Messages before and after, or the numbers and a summary.",
            body=as_json(CompressionBody),
            answers={
                200: json_answer(ref(RecordedCompression), "A repeat: what is stored"),
                201: json_answer(ref(RecordedCompression), "Stored and reviewed"),
            },
            errors=WRITE,
        ),
    }
