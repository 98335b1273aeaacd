"""What was spent: by cell, by a session, and by a project's month."""

from __future__ import annotations
