"""The list of sessions: its page, its finds, kept views and ticked rows."""

from __future__ import annotations
