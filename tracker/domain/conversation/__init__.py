"""Reading conversations: messages, tool calls, text, and the facts in it."""

from __future__ import annotations
