"""Judges the reports of one transaction: levels, events, compressions, news."""

from __future__ import annotations
