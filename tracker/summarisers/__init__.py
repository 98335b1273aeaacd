"""What turns the middle of a conversation into a summary."""

from __future__ import annotations
