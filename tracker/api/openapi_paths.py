"""Every address of the API as OpenAPI operations: parameters, bodies, answers."""

from __future__ import annotations

from typing import Any

from tracker.api.events import MOST_ID
from tracker.api.exports import EXPORTS, FORMATS
from tracker.api.openapi_shapes import INTEGER, TEXT, TIME, one_of, or_null, ref
from tracker.api.queries import LIMIT, MOST
from tracker.api.sessions import ORDERS
from tracker.api.source_intake import LITELLM_PATH, OTLP_PATHS
from tracker.api.usage_history import MOST_POINTS, POINTS
from tracker.domain.budget import LEVELS
from tracker.models import Compression

Operation = dict[str, Any]
ERRORS = {
    400: "Not JSON",
    401: "No key, or one that is unknown, revoked or expired",
    403: "The key lacks the scope",
    404: "Not in this key's project",
    409: "Somebody changed the review meanwhile",
    413: "Too large; the message says the limit",
    415: "Another content type or encoding",
    422: "A field breaks a rule; both are named",
    429: "Too many reports a minute; Retry-After says when to come back",
    503: "Nothing was stored; Retry-After says when to come back",
}
READ = (401, 403, 422, 503)
WRITE = (400, 401, 403, 413, 415, 422, 429, 503)


def query(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": description}


def in_path(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "schema": schema,
        "description": description,
    }


def json_answer(schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {"application/json": {"schema": schema}},
    }


def operation(
    name: str,
    summary: str,
    *,
    scope: str,
    answers: dict[int, Any],
    errors: tuple[int, ...] = READ,
    parameters: tuple[dict[str, Any], ...] = (),
    body: dict[str, Any] | None = None,
    description: str = "",
) -> Operation:
    found: Operation = {
        "operationId": name,
        "summary": summary,
        "description": f"{description} Scope of the key: `{scope}`.".strip(),
        "responses": {str(status): answer for status, answer in answers.items()}
        | {str(s): json_answer(ref("Error"), ERRORS[s]) for s in errors},
    }
    if parameters:
        found["parameters"] = list(parameters)
    if body is not None:
        found["requestBody"] = {"required": True, "content": body}
    return found


def as_json(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": ref(name)}}


KEY = in_path(
    "session",
    {"type": "string", "minLength": 1, "maxLength": 255},
    "The client's name of the session, percent-encoded: `/` is sent as %2F.",
)
PAGE = (
    query("cursor", TEXT, "`next` of the page before."),
    query(
        "limit",
        INTEGER | {"minimum": 1, "maximum": MOST, "default": LIMIT},
        "How many at most.",
    ),
)
LEVEL = query("level", one_of(LEVELS), "Only this level.")
SINCE = query("since", TIME, "From this time on, with its zone.")
UNTIL = query("until", TIME, "Before this time, with its zone.")
ID = in_path("id", INTEGER | {"minimum": 1}, "A compression's id.")


def usage() -> Operation:
    either = {"oneOf": [ref("UsageBody"), {"type": "array", "items": ref("UsageBody")}]}
    body = {
        "application/json": {"schema": either},
        "application/x-ndjson": {
            "schema": TEXT | {"description": "One report a line."}
        },
    }
    refused = json_answer(
        {"anyOf": [ref("Error"), ref("Batch")]},
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
                {"anyOf": [ref("Outcome"), ref("Batch")]}, "A repeat, or a batch"
            ),
            201: json_answer(ref("Outcome"), "Stored and judged"),
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
            query("q", TEXT, "Found in key, title or metadata."),
            query("order", one_of(ORDERS), "fullest: of the last 24 hours first."),
            *PAGE,
        ),
        answers={200: json_answer(ref("SessionPage"), "A page")},
    )
    one = operation(
        "get_session",
        "One session: budget, lanes, counts",
        scope="read",
        answers={200: json_answer(ref("SessionDetail"), "The session")},
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
        answers={200: json_answer(ref("History"), "Oldest first")},
        errors=missing,
    )
    events = operation(
        "list_session_events",
        "A session's threshold events",
        scope="read",
        parameters=PAGE,
        answers={200: json_answer(ref("EventPage"), "Newest first")},
        errors=missing,
    )
    return {
        base: {"get": listed},
        f"{base}/{{session}}": {"parameters": [KEY], "get": one},
        f"{base}/{{session}}/usage": {"parameters": [KEY], "get": history},
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
        "compression. `dry_run` stores nothing.",
        body=as_json("OptimizeBody"),
        answers={
            200: json_answer(ref("Optimized"), "A repeat, or a dry run"),
            201: json_answer(ref("Optimized"), "Done, or left as it was: `skipped`"),
        },
        errors=WRITE,
    )


def session_compressions() -> dict[str, Operation]:
    return {
        "get": operation(
            "list_session_compressions",
            "A session's compressions",
            scope="read",
            parameters=PAGE,
            answers={200: json_answer(ref("CompressionPage"), "Newest first")},
            errors=(*READ, 404),
        ),
        "post": operation(
            "record_compression",
            "Record a compression the client did itself",
            scope="ingest",
            description="Messages before and after, or the numbers and a summary.",
            body=as_json("CompressionBody"),
            answers={
                200: json_answer(ref("Recorded"), "A repeat: what is stored"),
                201: json_answer(ref("Recorded"), "Stored and reviewed"),
            },
            errors=WRITE,
        ),
    }


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
                answers={200: json_answer(ref("EventPage"), "Newest first")},
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
                answers={200: json_answer(ref("CompressionPage"), "Newest first")},
            )
        },
        "/api/v1/compressions/{id}": {
            "parameters": [ID],
            "get": operation(
                "get_compression",
                "One compression with messages, fates and facts",
                scope="read",
                answers={200: json_answer(ref("CompressionDetail"), "It")},
                errors=(401, 403, 404, 503),
            ),
        },
        "/api/v1/compressions/{id}/review": {
            "parameters": [ID],
            "post": operation(
                "review_compression",
                "Say whether a compression was good",
                scope="optimize",
                description="With `expected`, refused when somebody was faster.",
                body=as_json("ReviewBody"),
                answers={200: json_answer(ref("CompressionDetail"), "Judged")},
                errors=(*WRITE, 404, 409),
            ),
        },
        "/api/v1/export/{what}.{format}": {"get": export()},
    }


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
        answers={200: {"description": "Rows by ascending id", "content": content}},
        errors=(*READ, 404),
    )


def source_paths() -> dict[str, Any]:
    """What other tools send as it is: their formats, their kinds of answers."""
    found: dict[str, Any] = {}
    protobuf = {"schema": {"type": "string", "format": "binary"}}
    otlp = {"application/x-protobuf": protobuf, "application/json": {"schema": {}}}
    for path, signal in OTLP_PATHS.items():
        name = path.strip("/").replace("/", "_")
        taken = operation(
            f"otlp_{name}",
            f"OpenTelemetry {signal} over OTLP/HTTP",
            scope="ingest",
            description="Answers, also errors, are OTLP's own. gzip is taken.",
            body=otlp,
            answers={200: {"description": "Taken in", "content": otlp}},
            errors=(),
        )
        status = {"description": "An OTLP Status", "content": otlp}
        taken["responses"] |= {str(s): status for s in WRITE if s not in (422, 429)}
        found[path] = {"post": taken}
    answer = {
        "type": "object",
        "properties": {
            "accepted": INTEGER,
            "ignored": {"type": "object"},
            "rejected": INTEGER,
            "error": or_null(TEXT),
        },
        "required": ["accepted", "ignored", "rejected", "error"],
    }
    found[LITELLM_PATH] = {
        "post": operation(
            "litellm",
            "LiteLLM's logging payloads (generic_api callback)",
            scope="ingest",
            body={"application/json": {"schema": {}}},
            answers={200: json_answer(answer, "Taken in")},
            errors=tuple(s for s in WRITE if s not in (422, 429)),
        )
    }
    return found


def open_paths() -> dict[str, Any]:
    """Addresses that need no key."""
    state = {"type": "object", "required": ["status"], "properties": {"status": TEXT}}
    found: dict[str, Any] = {}
    for path, name, summary, answers in (
        ("/healthz", "healthz", "The process answers", {200: state}),
        ("/readyz", "readyz", "It can store and publish", {200: state, 503: state}),
        ("/api/v1/openapi.json", "openapi", "This document", {200: {"type": "object"}}),
    ):
        found[path] = {
            "get": {
                "operationId": name,
                "summary": summary,
                "security": [],
                "responses": {
                    str(status): json_answer(schema, summary)
                    for status, schema in answers.items()
                },
            }
        }
    found["/api/v1/docs"] = {"get": _page("docs", "It, as a page", "text/html")}
    found["/metrics"] = {"get": _page("metrics", "For Prometheus", "text/plain")}
    found["/metrics"]["get"]["description"] = (
        "From the server's own machine everything, without a key; else what a key of "
        "scope `read` may see."
    )
    found["/metrics"]["get"]["security"] = [{}, {"key": []}]
    return found


def _page(name: str, summary: str, kind: str) -> Operation:
    answer = {"description": summary, "content": {kind: {"schema": TEXT}}}
    return {
        "operationId": name,
        "summary": summary,
        "security": [],
        "responses": {"200": answer},
    }


def all_paths() -> dict[str, Any]:
    return {
        "/api/v1/usage": {"post": usage()},
        **session_paths(),
        **project_paths(),
        **source_paths(),
        **open_paths(),
    }
