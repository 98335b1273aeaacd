"""The API's URLs. POST /api/v1/usage never reaches them: see `intake/usage.py`."""

from __future__ import annotations

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from tracker.api import (
    compressions,
    events,
    exports,
    plan_limits,
    session_files,
    spend,
)
from tracker.api.openapi import views as documents
from tracker.api.operating import health, metrics
from tracker.api.sessions import views as sessions


class TextConverter(StringConverter):
    """Any text, line breaks too: so every unknown address is answered in JSON."""

    regex = r"[\s\S]*"


register_converter(TextConverter, "text")

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    # /api/v1/
    path("api/v1/openapi.json", documents.openapi, name="openapi"),
    path("api/v1/docs", documents.docs, name="api-docs"),
    path("api/v1/sessions", sessions.sessions, name="api-sessions"),
    path("api/v1/sessions/<text:rest>", sessions.session_address, name="api-session"),
    path("api/v1/events", events.events, name="api-events"),
    path("api/v1/spend", spend.spend, name="api-spend"),
    path("api/v1/plan-limits", plan_limits.plan_limits, name="api-plan-limits"),
    path("api/v1/compressions", compressions.compressions, name="api-compressions"),
    path(
        "api/v1/compressions/<int:pk>",
        compressions.compression,
        name="api-compression",
    ),
    path("api/v1/compressions/<int:pk>/review", compressions.review, name="api-review"),
    path(
        "api/v1/sources/session-files",
        session_files.session_files,
        name="api-session-files",
    ),
    path("api/v1/export/<str:what>.<str:kind>", exports.export, name="api-export"),
    path("api/v1/<text:rest>", sessions.unknown, name="api-unknown"),
]
