"""Clients that write their sessions as JSON lines."""

from __future__ import annotations
