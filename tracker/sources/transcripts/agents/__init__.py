"""Session files of coding agents other than Claude Code and Codex."""

from __future__ import annotations
