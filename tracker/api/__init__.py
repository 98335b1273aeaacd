"""JSON with machines."""

from __future__ import annotations
