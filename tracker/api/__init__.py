"""The REST API: JSON for programs."""

from __future__ import annotations
