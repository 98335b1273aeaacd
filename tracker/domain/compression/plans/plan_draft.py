"""A compression plan while it is made, and how it is closed with its result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tracker.domain.compression.plans.placement import Placement
from tracker.domain.compression.plans.plan import (
    DROPPED,
    KEPT,
    SHORTENED,
    SUMMARISED,
    CompressionPlan,
    apply_plan,
)
from tracker.domain.compression.summary.middle import Numbered
from tracker.domain.compression.summary.summarising import Summary
from tracker.domain.counting.measure import Measure


@dataclass(frozen=True, slots=True)
class PlanRules:
    """How a plan is made. `fixed_tokens` are system prompt, tools and user context.

    `must_summarise`: summarise although the tokens fit, because there are too many
    messages or `force` was given. The summary takes at most `summary_percent` of the
    tokens that it replaces; None lets it fill the target, so nothing that fits is lost.
    `alternate`: whether roles must alternate; None: as the messages show it.
    """

    target_tokens: int
    fixed_tokens: int = 0
    keep_first: int = 2
    keep_last: int = 6
    must_summarise: bool = False
    summary_percent: int | None = 40
    alternate: bool | None = None


@dataclass(slots=True)
class Draft:
    """A plan while it is made. `sizes` follows the edits."""

    numbered: Numbered
    rules: PlanRules
    measure: Measure
    sizes: list[int]
    before: int
    kept: frozenset[int]
    place: Placement | None = None
    edits: dict[int, Any] = field(default_factory=dict)
    tiers: list[str] = field(default_factory=list)
    summary: Summary = field(default_factory=lambda: Summary((), ""))
    text: str = ""

    @property
    def tokens(self) -> int:
        """The whole context as the draft would leave it."""
        kept = sum(self.sizes[at] for at in self.kept)
        return (
            self.rules.fixed_tokens
            + kept
            + (
                self.measure.message({"role": "user", "content": self.text})
                if self.text
                else 0
            )
        )

    def edit(self, edits: dict[int, Any]) -> None:
        for at, data in edits.items():
            self.edits[at] = data
            self.sizes[at] = self.measure.message(data)


def new_draft(
    numbered: Numbered,
    rules: PlanRules,
    measure: Measure,
    *,
    before: int,
    sizes: Sequence[int],
) -> Draft:
    """A draft that keeps everything. `sizes` are the tokens of the messages."""
    everything = frozenset(range(len(sizes)))
    return Draft(numbered, rules, measure, list(sizes), before, everything)


def finish_plan(draft: Draft, messages: Sequence[Any]) -> CompressionPlan:
    """The plan with its result measured; one that frees nothing keeps everything,
    unless fewer messages were wanted and these fit.
    """
    plan = _plan(draft, after=0)
    out = apply_plan(plan, messages)
    after = draft.rules.fixed_tokens + sum(map(draft.measure.message, out))
    rules = draft.rules
    is_merge = rules.must_summarise and rules.summary_percent is None
    if after >= draft.before and not (is_merge and after <= rules.target_tokens):
        empty = new_draft(
            draft.numbered,
            draft.rules,
            draft.measure,
            before=draft.before,
            sizes=draft.sizes,
        )
        return _plan(empty, after=draft.before)
    return _plan(draft, after=after)


def _plan(draft: Draft, *, after: int) -> CompressionPlan:
    place = draft.place
    edits = dict(draft.edits)
    if place is not None:
        for at, found in draft.numbered.earlier.items():
            if not found.is_whole_message and at in draft.kept:
                edits.setdefault(at, draft.numbered.messages[at].raw)
    return CompressionPlan(
        fates=_fates(draft),
        tiers=tuple(draft.tiers),
        lines=draft.summary.lines,
        summary=draft.text,
        summary_at=place.at if place else -1,
        summary_way=place.way if place else "none",
        edits=tuple(sorted(edits.items(), key=lambda edit: edit[0])),
        before_tokens=draft.before,
        after_tokens=after,
        target_tokens=draft.rules.target_tokens,
        verdict=_verdict(draft, after),
        summariser=draft.summary.summariser,
        notes=(draft.summary.note,) if draft.summary.note else (),
    )


def _fates(draft: Draft) -> tuple[str, ...]:
    told = {at for line in draft.summary.lines for at in line.sources}
    fates = []
    for at in range(len(draft.sizes)):
        if at in draft.kept:
            fates.append(SHORTENED if at in draft.edits else KEPT)
        else:
            fates.append(SUMMARISED if at in told else DROPPED)
    return tuple(fates)


def _verdict(draft: Draft, after: int) -> str:
    """One sentence: what came out, and why it is not less."""
    target = draft.rules.target_tokens
    size = f"{draft.before:,} to {after:,} tokens"
    if not draft.tiers and after >= draft.before:
        return f"nothing to free: {draft.before:,} tokens stay, target {target:,}"
    if after <= target:
        return f"{size}, target {target:,} met"
    fixed = draft.rules.fixed_tokens
    return (
        f"{size}, target {target:,} missed by {after - target:,}: what must stay "
        f"(system, tools and user context {fixed:,}; pinned, first and last messages "
        f"{draft.tokens - fixed:,}) cannot be shortened further"
    )
