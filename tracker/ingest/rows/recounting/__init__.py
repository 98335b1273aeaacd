"""Counts that are made anew from the rows they summarise."""

from __future__ import annotations
