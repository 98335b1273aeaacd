"""The addresses that take bodies, a good one for each, and what was stored."""

from __future__ import annotations

from typing import Any

USAGE, OPTIMIZE, COMPRESSIONS = (
    "/usage",
    "/sessions/s/optimize",
    "/sessions/s/compressions",
)

GOOD = {
    USAGE: b'{"session": "s", "tokens": {"history": 5}}',
    OPTIMIZE: b'{"messages": [{"role": "user", "content": "hello"}]}',
    COMPRESSIONS: b'{"before_tokens": 9, "after_tokens": 5}',
}

PATHS = tuple(GOOD)


async def stored(in_db: Any) -> int:
    from tracker.models import Compression, LLMSession, UsageSample

    return int(
        await in_db(
            lambda: (
                LLMSession.objects.count()
                + UsageSample.objects.count()
                + Compression.objects.count()
            )
        )
    )
