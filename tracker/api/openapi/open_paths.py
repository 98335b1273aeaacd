"""Addresses that need no key."""

from __future__ import annotations

from typing import Any

from tracker.api.openapi.operations import TEXT, Operation, json_answer


def open_paths() -> dict[str, Any]:
    """By address."""
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
