"""Takes in reports and telemetry. ASGI, ahead of Django and its middleware."""
