"""Takes in reports and telemetry. ASGI, ahead of Django and its middleware."""

from __future__ import annotations
