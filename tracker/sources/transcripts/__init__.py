"""Reads and follows the session files of Claude Code and Codex."""
