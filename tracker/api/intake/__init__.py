"""Takes in usage reports and telemetry: ASGI, ahead of Django's middleware."""

from __future__ import annotations
