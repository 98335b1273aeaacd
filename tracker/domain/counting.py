"""Text -> tokens, and how they were counted."""

from __future__ import annotations


def estimate_tokens(text: str) -> int:
    """ceil(characters / 3.5), the order's rule, in integers: 7 characters, 2 tokens."""
    return -(-2 * len(text) // 7)
