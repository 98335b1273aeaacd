"""Who may call: API keys, their scopes and their rate limits."""

from __future__ import annotations
