"""How an operation is described: parameters, answers, errors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from tracker.api.queries import LIMIT, MOST
from tracker.api.shapes.usage import Error
from tracker.domain.budget.status import LEVELS

Schema = dict[str, Any]
Operation = dict[str, Any]
TEXT: Schema = {"type": "string"}
INTEGER: Schema = {"type": "integer"}
TIME: Schema = {"type": "string", "format": "date-time"}
ERRORS = {
    400: "Not JSON",
    401: "No key, or one that is unknown, revoked or expired",
    403: "The key lacks the scope",
    404: "Not in this key's project",
    409: "Someone else changed the review in the meantime, or the cut is unknown",
    413: "Too large; the message says the limit",
    415: "Another content type or encoding",
    422: "A field breaks a rule; both are named",
    429: "Too many reports a minute; Retry-After says when to come back",
    503: "The message says whether anything was stored; come back after Retry-After",
}
READ = (401, 403, 422, 503)
WRITE = (400, 401, 403, 413, 415, 422, 429, 503)


def ref(shape: type[Struct]) -> Schema:
    """The schema that `document.schemas` writes down for this Struct."""
    return {"$ref": f"#/components/schemas/{shape.__name__}"}


def one_of(words: Iterable[str]) -> Schema:
    return {"type": "string", "enum": list(words)}


def query(name: str, schema: Schema, description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": description}


def in_path(name: str, schema: Schema, description: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "schema": schema,
        "description": description,
    }


def json_answer(schema: Schema, description: str) -> dict[str, Any]:
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
        | {str(s): json_answer(ref(Error), ERRORS[s]) for s in errors},
    }
    if parameters:
        found["parameters"] = list(parameters)
    if body is not None:
        found["requestBody"] = {"required": True, "content": body}
    return found


def as_json(body: type[Struct]) -> dict[str, Any]:
    return {"application/json": {"schema": ref(body)}}


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
