"""The contract as an OpenAPI 3.1 document, built from the Structs the code uses."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec
from django.conf import settings

from tracker import __version__
from tracker.api.compressions import CompressionBody, ReviewBody
from tracker.api.openapi.open_paths import open_paths
from tracker.api.openapi.project_paths import project_paths
from tracker.api.openapi.session_paths import session_paths, usage
from tracker.api.openapi.source_paths import source_paths
from tracker.api.optimizing.body import OptimizeBody
from tracker.api.shapes import (
    budget,
    composition,
    compressions,
    plan_limits,
    sessions,
    spend,
)
from tracker.api.shapes import usage as reports
from tracker.sources.native import NO_CONTROLS, UsageBody

BODIES = (UsageBody, OptimizeBody, CompressionBody, ReviewBody)
ANSWERS = (
    reports.Recorded,
    reports.Batch,
    reports.TakenIn,
    reports.SessionFileProject,
    reports.SessionFilesTaken,
    reports.Error,
    sessions.SessionPage,
    sessions.SessionDetail,
    budget.History,
    budget.EventPage,
    compressions.CompressionPage,
    compressions.CompressionDetail,
    compressions.RecordedCompression,
    compressions.Optimized,
    compressions.Recalled,
    composition.WindowComposition,
    plan_limits.PlanLimits,
    spend.SpendTable,
)
# The same rule in JSON Schema's dialect of regular expressions.
NO_CONTROLS_ECMA = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
DESCRIPTION = """\
Programs report what is in each LLM session's context window; Token Budget judges the
budget, remembers it, says when a threshold is crossed and compresses conversations.

Every call carries an API key: `Authorization: Bearer tb_…`. A key belongs to one
project and sees nothing else. Errors say what is wrong:
`{"error": {"code", "field", "message"}}`. Times are UTC. Token counts are whole
numbers up to 10^12; percentages are of the available tokens (window minus reserve)."""


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Token Budget",
            "version": __version__,
            "description": DESCRIPTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": settings.PATH_PREFIX or "/"}],
        "security": [{"key": []}],
        "paths": all_paths(),
        "components": {
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "bearerFormat": "tb_…"}
            },
            "schemas": schemas(),
        },
    }


def all_paths() -> dict[str, Any]:
    """Every address, in the order in which the page shows them."""
    return {
        "/api/v1/usage": {"post": usage()},
        **session_paths(),
        **project_paths(),
        **source_paths(),
        **open_paths(),
    }


def schemas() -> dict[str, Any]:
    """The Structs that decode bodies and give answers, and all that they hold."""
    _, found = msgspec.json.schema_components(
        (*BODIES, *ANSWERS), ref_template="#/components/schemas/{name}"
    )
    known: dict[str, Any] = _in_ecma(found)
    known["UsageBody"]["anyOf"] = [
        {"required": [name]}
        for name in ("tokens", "usage", "messages", "system", "user_context")
    ]
    _say_what_travels_raw(known)
    return known


def _say_what_travels_raw(schemas: dict[str, Any]) -> None:
    """Fields that a worker decodes have the shape they have in a report."""
    said = schemas["UsageBody"]["properties"]
    optimize = schemas["OptimizeBody"]["properties"]
    for name in ("system", "user_context", "tools"):
        optimize[name] = said[name]
    (messages,) = (one for one in said["messages"]["anyOf"] if one["type"] != "null")
    optimize["messages"] = messages
    for name in ("before", "after"):
        schemas["CompressionBody"]["properties"][name] = said["messages"]


def _in_ecma(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _in_ecma(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_in_ecma(item) for item in value]
    return NO_CONTROLS_ECMA if value == NO_CONTROLS else value
