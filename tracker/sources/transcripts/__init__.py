"""Reads and follows the session files of Claude Code and Codex."""

from __future__ import annotations
