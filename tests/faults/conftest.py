"""Reports at a server in trouble, and the arrivals of tests/ingest."""

from __future__ import annotations

from tests.ingest.conftest import usage

__all__ = ["usage"]
