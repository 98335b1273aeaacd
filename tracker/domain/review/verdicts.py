"""Verdicts on a compression: what a reviewer should know first, each with its code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tracker.domain.conversation.messages import Message
from tracker.domain.conversation.tool_groups import orphan_results, unanswered_calls

LEAST_FREED_TOKENS = 2_000
LEAST_FREED_PERCENT = 10
SOON_SECONDS = 60
# A finding's text after this quotes a message. tracker/workers/jobs/words.py removes it
# for projects that store no messages.
QUOTING = ", for example: "


@dataclass(frozen=True, slots=True)
class Verdict:
    """`severity` is bad, warn or good; `text` one sentence for a person."""

    code: str
    severity: str
    text: str


def find_verdicts(
    after: Sequence[Message],
    *,
    lost_constraints: Sequence[str],
    has_removed: bool,
    has_summary: bool,
    before_tokens: int | None,
    after_tokens: int | None,
    target_tokens: int | None,
    seconds_since_compression: float | None = None,
) -> tuple[Verdict, ...]:
    """All verdicts that are true, bad ones first. Unknown numbers (None) give none."""
    verdicts = [
        *_size(before_tokens, after_tokens, target_tokens),
        *_thrash(before_tokens, after_tokens, seconds_since_compression),
    ]
    if has_removed and not has_summary:
        text = "Messages were removed without a summary."
        verdicts.append(Verdict("empty_summary", "bad", text))
    if lost_constraints:
        verdicts.append(_instructions(lost_constraints))
    if after:
        verdicts.append(_pairs(after))
    order = ("bad", "warn", "good")
    return tuple(sorted(verdicts, key=lambda verdict: order.index(verdict.severity)))


def _size(before: int | None, after: int | None, target: int | None) -> list[Verdict]:
    verdicts = []
    if before is not None and after is not None and after >= before:
        text = f"The result is not smaller: {before:,} tokens became {after:,}."
        verdicts.append(Verdict("larger_than_source", "bad", text))
    if after is None or target is None:
        return verdicts
    if after > target:
        text = f"The target of {target:,} tokens was missed by {after - target:,}."
        verdicts.append(Verdict("target_missed", "bad", text))
    elif before is not None and before > target and after < target // 2:
        text = f"Far below the target: {target - after:,} more tokens cut than needed."
        verdicts.append(Verdict("far_below_target", "warn", text))
    return verdicts


def _thrash(
    before: int | None, after: int | None, seconds_since: float | None
) -> list[Verdict]:
    if before is None or after is None or after >= before:
        return []
    freed = before - after
    if seconds_since is not None and seconds_since < SOON_SECONDS:
        text = f"Only {seconds_since:.0f} s after the previous compression."
        return [Verdict("thrash", "warn", text)]
    if freed < LEAST_FREED_TOKENS and freed * 100 < before * LEAST_FREED_PERCENT:
        text = f"It freed only {freed:,} tokens: not worth rewriting the cache."
        return [Verdict("thrash", "warn", text)]
    return []


def _instructions(lost: Sequence[str]) -> Verdict:
    shown = lost[0] if len(lost[0]) <= 120 else lost[0][:119] + "…"
    many = "instruction" if len(lost) == 1 else "instructions"
    text = f"{len(lost):,} {many} lost{QUOTING}“{shown}”."
    return Verdict("instructions_lost", "bad", text)


def _pairs(after: Sequence[Message]) -> Verdict:
    """A call that waits for its answer at the very end is in flight, not split."""
    loose = len(orphan_results(after))
    waiting = {at for at in unanswered_calls(after) if at < len(after) - 1}
    if not loose and not waiting:
        text = "Tool calls and results stayed together."
        return Verdict("pairs_intact", "good", text)
    text = f"Tool results without their call: {loose}. "
    text += f"Calls without a result: {len(waiting)}."
    return Verdict("pair_split", "bad", text)
