"""The API's addresses: those that Django serves, and those ahead of it."""

from __future__ import annotations

from typing import Any

from tests.isolation.rules import (
    API_LIST,
    API_POST_ROW,
    API_ROW,
    API_WRITE,
    EVERYBODY,
    LOCAL_METRICS,
    NO_SUCH,
    Call,
    rule,
)
from tests.isolation.world import MARK

REPORT = {"session": "mine", "tokens": {"history": 5}}
NUMBERS = {"before_tokens": 9, "after_tokens": 5}
GATEWAY = rule("401 " * 6, "401 " * 4)
# Its errors, as of another project's session, are answers of the protocol.
MCP = rule("401 " * 6, "200 403 401 200", mark="key wrong_scope")
OTLP = rule("401 401 401 401 401 401", "200 403 401 200")


def asks(tool: str, **arguments: str) -> dict[str, Any]:
    """A message of MCP: of the session that everybody asks for by its name."""
    params = {"name": tool, "arguments": {"session": "{session_key}"} | arguments}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}


API = {
    "healthz": [Call("/healthz", EVERYBODY)],
    "readyz": [Call("/readyz", EVERYBODY)],
    "metrics": [Call("/metrics", LOCAL_METRICS)],
    "api/v1/openapi.json": [Call("/api/v1/openapi.json", EVERYBODY)],
    "api/v1/docs": [Call("/api/v1/docs", EVERYBODY)],
    "api/v1/sessions": [
        Call("/api/v1/sessions", API_LIST),
        Call("/api/v1/sessions?q=hush", API_LIST),
    ],
    "api/v1/sessions/<text:rest>": [
        Call("/api/v1/sessions/{session_key}", API_ROW),
        Call("/api/v1/sessions/{session_key}/usage", API_ROW),
        Call("/api/v1/sessions/{session_key}/events", API_ROW),
        Call("/api/v1/sessions/{session_key}/composition", API_ROW),
        Call("/api/v1/sessions/{session_key}/recall?q=port", API_ROW),
        Call("/api/v1/sessions/{session_key}/compressions", API_ROW),
        Call(
            "/api/v1/sessions/{session_key}/compressions",
            API_WRITE,
            method="POST",
            body=NUMBERS,
            needs="ingest",
        ),
        Call(
            "/api/v1/sessions/{session_key}/optimize",
            API_WRITE,
            method="POST",
            body={"messages": [{"role": "user", "content": "x"}]},
            needs="optimize",
        ),
    ],
    "api/v1/plan-limits": [Call("/api/v1/plan-limits", API_LIST)],
    "api/v1/spend": [Call("/api/v1/spend?table=session", API_LIST)],
    "api/v1/sources/session-files": [
        Call("/api/v1/sources/session-files", OTLP, needs="ingest"),
        Call(
            "/api/v1/sources/session-files",
            OTLP,
            method="POST",
            body=[{"kind": "note"}],
            needs="ingest",
        ),
    ],
    "api/v1/events": [
        Call("/api/v1/events", API_LIST),
        Call("/api/v1/events?after=0", API_LIST),
    ],
    "api/v1/compressions": [
        Call("/api/v1/compressions", API_LIST),
        Call("/api/v1/compressions?session={session_key}", API_LIST),
    ],
    "api/v1/compressions/<int:pk>": [
        Call("/api/v1/compressions/{compression}", API_ROW)
    ],
    "api/v1/compressions/<int:pk>/review": [
        Call(
            "/api/v1/compressions/{compression}/review",
            API_POST_ROW,
            method="POST",
            body={"review": "accepted"},
            needs="optimize",
        )
    ],
    "api/v1/<text:rest>": [Call("/api/v1/nothing", NO_SUCH)],
}

AHEAD_OF_DJANGO = {
    "/mcp": [
        Call("/mcp", MCP, method="POST", body=asks(tool, **arguments))
        for tool, arguments in (
            ("context_budget", {}),
            ("recall", {"query": MARK}),
            ("lost", {}),
        )
    ],
    # Keys come in a header of their own: `Authorization` is the provider's.
    "/gateway/": [Call("/gateway/anthropic/v1/models", GATEWAY)],
    "/api/v1/usage": [
        Call("/api/v1/usage", API_WRITE, method="POST", body=REPORT, needs="ingest"),
        Call(
            "/api/v1/usage",
            # The answer to a session of the same name speaks of one's own alone.
            API_WRITE,
            method="POST",
            body={"session": f"{MARK}-1", "tokens": {"history": 5}},
            needs="ingest",
        ),
    ],
    "/api/v1/sources/litellm": [
        Call(
            "/api/v1/sources/litellm",
            OTLP,
            method="POST",
            body={},
            needs="ingest",
        )
    ],
} | {
    f"{prefix}/v1/{signal}": [
        Call(f"{prefix}/v1/{signal}", OTLP, method="POST", body={}, needs="ingest")
    ]
    for prefix in ("", "/api/public/otel")
    for signal in ("traces", "logs", "metrics")
}
