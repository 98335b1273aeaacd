"""Operations that accept the formats of other tools."""

from __future__ import annotations

from typing import Any

from tracker.api.intake.bodies.of_sources import LITELLM_PATH, OTLP_PATHS
from tracker.api.openapi.operations import (
    WRITE,
    json_answer,
    operation,
    ref,
)
from tracker.api.shapes.usage import SessionFileProject, SessionFilesTaken, TakenIn
from tracker.sources.session_reports import PATH as SESSION_FILES_PATH


def source_paths() -> dict[str, Any]:
    """By address. Formats and answers are those of the other tools."""
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
    found[SESSION_FILES_PATH] = {
        "get": operation(
            "session_files_project",
            "Where reports of session files go, and what is kept there",
            scope="ingest",
            answers={200: json_answer(ref(SessionFileProject), "The key's project")},
            errors=(401, 403, 503),
        ),
        "post": operation(
            "session_files",
            "What `token-budget follow` has read in session files",
            scope="ingest",
            description="Up to 1,000 reports, in that command's own format.",
            body={"application/json": {"schema": {"type": "array", "items": {}}}},
            answers={200: json_answer(ref(SessionFilesTaken), "Taken in")},
            errors=WRITE,
        ),
    }
    found[LITELLM_PATH] = {
        "post": operation(
            "litellm",
            "LiteLLM's logging payloads (generic_api callback)",
            scope="ingest",
            body={"application/json": {"schema": {}}},
            answers={200: json_answer(ref(TakenIn), "Taken in")},
            errors=tuple(s for s in WRITE if s not in (422, 429)),
        )
    }
    return found
