"""Pages for the first day: first run, the demo, integrations."""

from __future__ import annotations
