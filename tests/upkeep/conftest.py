"""The arrivals of tests/ingest."""

from __future__ import annotations

from tests.ingest.conftest import compression, door, recorder, request_of, usage, writer

__all__ = ["compression", "door", "recorder", "request_of", "usage", "writer"]
