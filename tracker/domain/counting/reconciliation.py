"""What was counted against what the provider reported: where they differ much, why.

The report is the total; `reports.attribute` makes the parts add up to it.
"""

from __future__ import annotations

from dataclasses import dataclass

from tracker.domain.reports import Parts

DIVERGENCE_PERCENT = 10  # below, tokenizers and frames explain it
# How near the cached tokens, or half of what was counted, must come to explain a gap.
MATCH_PERCENT = 15


@dataclass(frozen=True, slots=True)
class Divergence:
    """`ratio` is reported / counted tokens."""

    ratio: float
    likely_cause: str


def divergence(
    counted: Parts,
    reported_tokens: int,
    *,
    cached_tokens: int = 0,
    is_calibrated: bool = False,
) -> Divergence | None:
    """How far the two are apart and why, likely; None within 10 % of the report, or
    where nothing was counted.

    `cached_tokens` are the report's, read and written: they belong to its total already
    and only help to name a cause. `is_calibrated` says that reports have corrected the
    count before: a wrong tokenizer is then no longer likely.
    """
    total = counted.total - counted.unattributed
    gap = reported_tokens - total
    if total == 0 or abs(gap) * 100 <= DIVERGENCE_PERCENT * reported_tokens:
        return None
    if gap > 0:
        cause = _cause_of_more(counted, gap, is_calibrated=is_calibrated)
    else:
        cause = _cause_of_less(total, reported_tokens, cached_tokens=cached_tokens)
    return Divergence(ratio=reported_tokens / total, likely_cause=cause)


def _cause_of_more(counted: Parts, gap: int, *, is_calibrated: bool) -> str:
    """The report is larger: what was sent that was not counted?"""
    tokens = f"{gap:,} tokens more were reported than counted: "
    if counted.system == 0 and counted.tools == 0:
        return tokens + (
            "probably the system prompt and the tool definitions, which were not "
            "sent along."
        )
    if counted.tools == 0:
        return tokens + "probably tool definitions, which were not sent along."
    if counted.system == 0:
        return tokens + "probably the system prompt, which was not sent along."
    if counted.history == 0:
        return tokens + "probably the messages, which were not sent along."
    if is_calibrated:
        return tokens + (
            "probably something new that is not counted here, such as hidden "
            "prompts, files or reasoning kept by the provider."
        )
    return tokens + (
        "the model's tokenizer probably makes more tokens of this text than the one "
        "used here; calibration learns how many."
    )


def _cause_of_less(total: int, reported_tokens: int, *, cached_tokens: int) -> str:
    """The report is smaller: what was counted that was not sent?"""
    gap = total - reported_tokens
    tokens = f"{gap:,} tokens fewer were reported than counted: "
    if _near(cached_tokens, gap, MATCH_PERCENT):
        return tokens + (
            f"probably the {cached_tokens:,} cached tokens are missing from the "
            "reported input (some providers count them separately)."
        )
    if _near(total, 2 * reported_tokens, MATCH_PERCENT):
        return tokens + (
            "something was probably counted twice, such as a system prompt that is "
            "also the first message."
        )
    if reported_tokens * 3 < total:
        return tokens + (
            "the request probably held less than was sent here: the conversation was "
            "compressed or cut, or the report leaves out cached input."
        )
    return tokens + (
        "the model's tokenizer probably makes fewer tokens of this text than the one "
        "used here; calibration learns how many."
    )


def _near(value: int, target: int, percent: int) -> bool:
    return value > 0 and abs(value - target) * 100 <= percent * target
