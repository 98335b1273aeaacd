"""Whether a compression has paid for the cache that it made the provider write anew.

Counted in input tokens: a cache write costs 1.25 of one, a cache read 0.1 (Anthropic's
prices as of November 2026; OpenAI's newest models are the same).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

WRITE, READ = 1.25, 0.1


@dataclass(frozen=True, slots=True)
class Payback:
    """`extra` is what the first call with the cut cost more than without it, `saved`
    what each later one costs less; `after_turns` of them pay it back.
    """

    extra: float
    saved: float
    after_turns: int | None  # None: never

    def is_paid(self, turns: int) -> bool:
        return self.after_turns is not None and turns >= self.after_turns


def payback(
    *, before_tokens: int, after_tokens: int, read_tokens: int, written_tokens: int
) -> Payback:
    """`read_tokens` and `written_tokens` of the cache by the first call with the cut.

    From 167,000 to 58,000 tokens, 24,000 read and 34,000 written: without the cut the
    call would have read 167,000 (16,700), with it it costs 2,400 + 42,500, so 28,200
    more. Each later call reads 109,000 tokens less, which saves 10,900: paid after 3.
    """
    extra = written_tokens * WRITE + read_tokens * READ - before_tokens * READ
    saved = (before_tokens - after_tokens) * READ
    if extra <= 0:
        return Payback(extra, saved, 0)
    return Payback(extra, saved, ceil(extra / saved) if saved > 0 else None)
