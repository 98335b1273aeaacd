"""What input costs with a provider's prompt cache, in tokens of the plain price.

A token that the cache holds costs 0.1, one that is written to it 1.25. What was used
last is held for 5 minutes (Anthropic's prices, November 2026). A request reads the
longest beginning that the cache holds, and writes the rest.
"""

from __future__ import annotations

import math

READ, WRITE = 0.1, 1.25
TTL_SECONDS = 300.0
# Shorter prompts are not cached at all: from 1,024 tokens on, or 4,096, by model.
LEAST_CACHED_TOKENS = 4_096


def turns_to_pay_back(freed_tokens: int, written_tokens: int) -> int | None:
    """After how many requests a compression has paid for the cache it wrote anew.

    What stays is written at 1.25 instead of read at 0.1; what is freed is no longer
    read. From 167,000 to 113,000 tokens with 110,000 written anew: 1.15 x 110,000 /
    (0.1 x 54,000) = 24 requests. None where nothing is freed.
    """
    if freed_tokens <= 0:
        return None
    return math.ceil((WRITE - READ) * written_tokens / (READ * freed_tokens))
