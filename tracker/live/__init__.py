"""Carries news from the writer to open pages. Decides nothing."""

from __future__ import annotations
