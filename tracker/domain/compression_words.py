"""What is stored of a compression: its words as JSON texts, and its row's figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Keeping:
    """What a project keeps of messages: "yes", "redacted" (with patterns of its own,
    one regular expression each) or "no".
    """

    mode: str = "yes"
    patterns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CompressionWords:
    """Written once, where a compression was judged, and stored as they are.

    `keeping` is what they were written under. The texts are JSON without NUL
    characters; None: not known, or not kept. Message counts are None where the
    messages are not known, the figures where nothing was reviewed.
    """

    keeping: Keeping
    summary: str = ""
    before: str | None = None
    after: str | None = None
    plan: str | None = None
    analysis: str | None = None
    before_count: int | None = None
    after_count: int | None = None
    score: float | None = None
    facts_kept: int | None = None
    facts_lost: int | None = None
    used_again: int | None = None
    # The compression is stored before it is reviewed; the review is made of the texts.
    is_review_due: bool = False
    verdicts: tuple[dict[str, Any], ...] = ()
