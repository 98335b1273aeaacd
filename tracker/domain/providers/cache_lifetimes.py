"""How long a provider's prompt cache lives after its last use, as of 2026-11-29.

Anthropic: 5 minutes, or 1 hour where a request asks for `"ttl": "1h"`. OpenAI: 30
minutes for its newest models, 5 to 10 for older ones: the longer is assumed, because to
take a warm cache for a cold one costs a rewrite. Gemini's implicit cache: 5 minutes at
least.
"""

from __future__ import annotations

FIVE_MINUTES, HALF_AN_HOUR, HOUR = 300, 1_800, 3_600


def cache_seconds(shape: str, *, asks_for_hour: bool) -> int:
    """After so many seconds without a request nothing of it is in the cache.

    `cache_seconds("anthropic", asks_for_hour=False)` is 300.
    """
    if shape == "anthropic":
        return HOUR if asks_for_hour else FIVE_MINUTES
    return FIVE_MINUTES if shape == "gemini" else HALF_AN_HOUR
