"""Compresses on request, reviews, and records the outcome through the door."""

from __future__ import annotations
