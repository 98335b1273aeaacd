"""What was recorded: read in the admin, never edited."""

from __future__ import annotations
