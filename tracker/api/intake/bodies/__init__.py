"""Bodies of reports: their limits and types, and what they contain."""

from __future__ import annotations
