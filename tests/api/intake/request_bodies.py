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

# A report that warns.
REPORT = {"session": "chat-42", "event_id": "req_01", "tokens": {"history": 163_072}}

# A compression told in numbers alone.
NUMBERS = {
    "event_id": "c1",
    "before_tokens": 180_000,
    "after_tokens": 40_000,
    "target_tokens": 117_600,
    "trigger": "auto",
    "summary": "We fixed the port.",
}


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
