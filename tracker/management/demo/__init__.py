"""The demo: a story of invented sessions, and what plays it."""

from __future__ import annotations
