"""Shared fixtures. Imports no models, so tests/domain runs without Django."""

from __future__ import annotations
