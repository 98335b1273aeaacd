"""Shortens plain chat sentences by the words nobody would miss."""

from __future__ import annotations

import re

from tracker.domain.conversation.text.finding import finder

# Sentences that bind somebody keep every word: telegraphic versions of them broke
# more than half of the constraints in compactbench.
_binds = finder(
    r"(?i)\b(?:must|never|always|don['’]?t|do not|only|not allowed|cannot|can['’]?t"
    r"|won['’]?t|shall|should|required?|need|decid\w+|decision|agreed?|prefer\w*"
    r"|deadline|constraint|no longer|instead|unless|except|without|cancel\w*|not|no"
    r"|error|fail\w*|exception)\b|[`\"“”‘{}<>=\\]|https?:|\w/\w|\b\w+\.\w+\("
)
_FILLER = re.compile(
    r"(?i)\b(?:a|an|the|is|are|was|were|be|been|am|of|to|that|just|really|very|so"
    r"|also|it['’]s|it|its|i['’]m|i['’]ve|have|has|had|do|does|did|and|but|well|some"
    r"|there|this|these|those|for|with|my|your|their|our|i|you|we|they|he|she)"
    r"\b(?!['’])\s*"
)
_BEFORE_MARK = re.compile(r"\s+([,.!?;:])")
_SPACES = re.compile(r"[ \t]{2,}")


def is_plain_chat(sentence: str) -> bool:
    """Whether `sentence` has no instruction, no quote and no code."""
    return not _binds(sentence)


def squeeze(sentence: str) -> str:
    """`sentence` without function words; as it was when nothing would be left."""
    short = _BEFORE_MARK.sub(r"\1", _FILLER.sub("", sentence))
    short = _SPACES.sub(" ", short).strip(" ,")
    return short if any(mark.isalnum() for mark in short) else sentence
