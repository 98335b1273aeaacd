"""The arrivals of tests/ingest and the sockets of tests/live."""

from __future__ import annotations

from tests.ingest.conftest import usage
from tests.live.conftest import application, open_socket

__all__ = ["application", "open_socket", "usage"]
