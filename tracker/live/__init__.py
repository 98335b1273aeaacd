"""Carries news from the writing door to open pages. Decides nothing."""

from __future__ import annotations
