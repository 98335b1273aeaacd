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
    """The texts of one compression, made where it was judged and stored unchanged.

    `keeping` are the project's rules that applied. The texts are JSON without NUL
    characters; None: not known, or not kept. Message counts are None if the messages
    are not known, figures if nothing was reviewed.
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
