"""GET /sessions and what stands below one session."""

from __future__ import annotations
