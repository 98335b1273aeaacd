"""Claude Code's session files: lines, messages, sessions, compactions."""

from __future__ import annotations
