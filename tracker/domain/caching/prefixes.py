"""Where the beginnings of two requests of a lane first differ.

A prompt cache holds a request's beginning: tools, system prompt, messages. What comes
behind the first difference is read anew (Anthropic, "Prompt caching", and OpenAI,
"Prompt caching": both match the exact prefix).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

MARK_BYTES = 4
# Claude Code puts a line before its prompt that differs in each call; the provider
# takes it out.
_BILLING = b"x-anthropic-billing-header"
_HEAD_BYTES = 4_000


class Prefix(NamedTuple):
    """What a request begins with, without its text. `marks` are 4 bytes for each
    message: the first of the rolling digest of the conversation up to it.
    """

    model: str
    tools: int
    system: int
    cut: bytes
    marks: bytes

    @classmethod
    def of(
        cls,
        model: str,
        tools: bytes,
        system: bytes,
        cut: bytes,
        digests: Sequence[bytes],
    ) -> Prefix:
        """`digests` are rolling ones (domain/cuts/digests.py)."""
        if _BILLING in system[:_HEAD_BYTES]:
            system = system.partition(_BILLING)[2].partition(b"}")[2]
        marks = b"".join(digest[:MARK_BYTES] for digest in digests)
        return cls(model, hash(tools), hash(system), cut, marks)

    @property
    def messages(self) -> int:
        """How many messages it has."""
        return len(self.marks) // MARK_BYTES

    def count_in(self, later: Prefix) -> int | None:
        """How many messages `later` begins with; None where it does not begin with all
        of these.
        """
        is_same = self.cut == later.cut and later.marks.startswith(self.marks)
        return self.messages if is_same else None


def first_difference(before: Prefix, now: Prefix) -> str:
    """As `UsageSample.cache_reason` has it; "" where `now` only leaves out the end.

    The same tools and system prompt, and messages that are alike up to the fifth of 40:
    "seen message 6 of 40".
    """
    if before.model != now.model:
        return "seen model"
    if before.tools != now.tools:
        return "seen tools"
    if before.system != now.system:
        return "seen system"
    if before.cut != now.cut:
        return "seen cut"
    shorter = min(before.messages, now.messages)
    for at in range(shorter):
        place = slice(at * MARK_BYTES, (at + 1) * MARK_BYTES)
        if before.marks[place] != now.marks[place]:
            return f"seen message {at + 1} of {now.messages}"
    return ""
