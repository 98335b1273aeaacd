"""`token-budget install` and `uninstall` for clients other than Claude Code."""

from __future__ import annotations
