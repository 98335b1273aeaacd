"""The list of sessions: filters, orders, search, groups and labels."""

from __future__ import annotations
