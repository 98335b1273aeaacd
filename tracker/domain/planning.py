"""Makes a compression plan: one tier after the other until the target is met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tracker.domain.borders import kept_indices, must_alternate
from tracker.domain.compression_plan import (
    DROPPED,
    KEPT,
    SHORTENED,
    SUMMARISED,
    CompressionPlan,
    apply_plan,
)
from tracker.domain.counting import estimate_tokens
from tracker.domain.duplicates import pointers, repeated_results
from tracker.domain.extraction import extractive_summary
from tracker.domain.kept_clipping import clip_largest, clippable_tokens
from tracker.domain.messages import Count, as_data, read_message, read_messages
from tracker.domain.middle import Numbered, middle_sources, number_messages
from tracker.domain.placement import Placement, place_summary
from tracker.domain.summarising import (
    Source,
    Summarise,
    Summary,
    SummaryRequest,
    summarise_safely,
)
from tracker.domain.summary_lines import frame_summary, frame_tokens
from tracker.domain.text_repair import repair_data

# The summary gets a twentieth of the target even if kept messages must be clipped
# for it: twenty turns must not vanish for one huge tool result.
_FLOOR_DIVISOR = 20
_LEAST_SUMMARY_TOKENS = 20


@dataclass(frozen=True, slots=True)
class PlanRules:
    """How a plan is made. `fixed_tokens` is what stands beside the messages.

    `must_summarise`: also below the target, because there are too many messages; the
    summary then takes at most `summary_percent` of what it replaces. `alternate`
    None: found out from the messages' shape.
    """

    target_tokens: int
    fixed_tokens: int = 0
    keep_first: int = 2
    keep_last: int = 6
    must_summarise: bool = False
    summary_percent: int = 40
    alternate: bool | None = None


@dataclass(slots=True)
class _Draft:
    """A plan while it is made. `sizes` follows the edits."""

    numbered: Numbered
    rules: PlanRules
    count: Count
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
            self.rules.fixed_tokens + kept + (self.count(self.text) if self.text else 0)
        )

    def edit(self, edits: dict[int, Any]) -> None:
        for at, data in edits.items():
            self.edits[at] = data
            self.sizes[at] = read_message(data).tokens(self.count)


def plan_compression(
    messages: Sequence[Any],
    rules: PlanRules,
    *,
    count: Count = estimate_tokens,
    summarise: Summarise | None = None,
) -> CompressionPlan:
    """The plan for `messages`. Pure: nothing given is changed.

    Raises MessageError when a message has no known shape.
    """
    # Repaired first: every later cut and count may rely on valid text.
    read = read_messages([repair_data(as_data(raw)) for raw in messages])
    before = rules.fixed_tokens + sum(message.tokens(count) for message in read)
    numbered = number_messages(read)
    repeated = repeated_results(numbered.messages, count)

    draft = _draft(numbered, rules, count, before=before)
    if not rules.must_summarise:
        edits = pointers(numbered.messages, repeated, range(len(read)))
        draft.edit(edits)
        if edits and draft.tokens <= rules.target_tokens:
            draft.tiers.append("duplicates")
            return _finish(draft, messages)

    draft = _draft(numbered, rules, count, before=before)
    _summarise_middle(draft, repeated, summarise)
    over = draft.tokens - rules.target_tokens
    if over > 0:
        kept = [
            read_message(draft.edits.get(at, numbered.messages[at].raw), at)
            for at in sorted(draft.kept - numbered.whole_summaries)
        ]
        edits = clip_largest(kept, over, count)
        draft.edit(edits)
        draft.tiers.extend(["clip"] if edits else [])
    return _finish(draft, messages)


def _draft(
    numbered: Numbered, rules: PlanRules, count: Count, *, before: int
) -> _Draft:
    sizes = [message.tokens(count) for message in numbered.messages]
    everything = frozenset(range(len(sizes)))
    draft = _Draft(numbered, rules, count, sizes, before, everything)
    return draft


def _summarise_middle(
    draft: _Draft, repeated: dict[int, int], summarise: Summarise | None
) -> None:
    numbered, rules = draft.numbered, draft.rules
    messages = numbered.messages
    alternate = rules.alternate
    wanted = kept_indices(
        messages,
        keep_first=rules.keep_first,
        keep_last=rules.keep_last,
        summaries=numbered.whole_summaries,
    )
    if alternate is None:
        alternate = must_alternate(messages)
    place = place_summary(messages, wanted, alternate=alternate)
    removed = frozenset(range(len(messages))) - place.kept
    is_new = bool(removed - numbered.whole_summaries)
    if place.way == "none" or not (is_new or draft.before > rules.target_tokens):
        return
    sources = middle_sources(numbered, place.kept, skipped=repeated)
    _fill(draft, place, sources, summarise)
    if draft.place is place:
        twins = pointers(messages, repeated, place.kept)
        draft.edit(twins)
        if twins:
            draft.tiers.insert(0, "duplicates")


def _fill(
    draft: _Draft,
    place: Placement,
    sources: tuple[Source, ...],
    summarise: Summarise | None,
) -> None:
    """Replace the middle by a summary within its budget, if that is worth a frame."""
    numbered, rules, count = draft.numbered, draft.rules, draft.count
    first, last = _span(numbered, place)
    frame = frame_tokens(count, first=first, last=last)
    kept = sum(draft.sizes[at] for at in place.kept)
    middle = draft.before - rules.fixed_tokens - kept
    budget = _summary_budget(draft, place, kept=kept, middle=middle, frame=frame)
    is_over = draft.before > rules.target_tokens
    if budget < _LEAST_SUMMARY_TOKENS and not is_over:
        return
    if budget >= _LEAST_SUMMARY_TOKENS and any(source.units for source in sources):
        recent = "\n".join(
            message.text
            for message in numbered.messages[place.at :]
            if message.index in place.kept
        )
        request = SummaryRequest(sources, budget, count, recent)
        draft.summary = summarise_safely(summarise, extractive_summary, request)
        draft.tiers.append("summary")
        if any(line.kind == "squeezed" for line in draft.summary.lines):
            draft.tiers.append("squeeze")
    draft.text = frame_summary(draft.summary.lines, first=first, last=last)
    draft.kept = place.kept
    draft.place = place


def _summary_budget(
    draft: _Draft, place: Placement, *, kept: int, middle: int, frame: int
) -> int:
    """Tokens for the lines: what the target leaves, and less than they replace."""
    rules = draft.rules
    slack = rules.target_tokens - rules.fixed_tokens - kept - frame
    if rules.must_summarise:
        slack = min(slack, middle * rules.summary_percent // 100 - frame)
    else:
        floor = min(middle // 2, rules.target_tokens // _FLOOR_DIVISOR)
        if slack < floor:
            messages = [draft.numbered.messages[at] for at in place.kept]
            slack = min(floor, slack + clippable_tokens(messages, draft.count))
    return min(slack, middle * 9 // 10 - frame)


def _span(numbered: Numbered, place: Placement) -> tuple[int, int]:
    """First and last number of the conversation that the summary stands for."""
    removed = [at for at in range(len(numbered.messages)) if at not in place.kept]
    first = [numbered.numbers[at] for at in removed if at not in numbered.earlier]
    last = [numbered.numbers[at] for at in removed]
    found = numbered.earlier.values()
    return (
        min([*first, *(summary.first for summary in found)]),
        max([*last, *(summary.last for summary in found)]),
    )


def _finish(draft: _Draft, messages: Sequence[Any]) -> CompressionPlan:
    """The plan with its result measured; one that frees nothing keeps everything."""
    plan = _plan(draft, after=0)
    out = read_messages(apply_plan(plan, messages))
    after = draft.rules.fixed_tokens + sum(m.tokens(draft.count) for m in out)
    if after >= draft.before:
        empty = _draft(draft.numbered, draft.rules, draft.count, before=draft.before)
        return _plan(empty, after=draft.before)
    return _plan(draft, after=after)


def _plan(draft: _Draft, *, after: int) -> CompressionPlan:
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


def _fates(draft: _Draft) -> tuple[str, ...]:
    told = {at for line in draft.summary.lines for at in line.sources}
    fates = []
    for at in range(len(draft.sizes)):
        if at in draft.kept:
            fates.append(SHORTENED if at in draft.edits else KEPT)
        else:
            fates.append(SUMMARISED if at in told else DROPPED)
    return tuple(fates)


def _verdict(draft: _Draft, after: int) -> str:
    """One sentence: what came out, and why it is not less."""
    target = draft.rules.target_tokens
    size = f"{draft.before:,} to {after:,} tokens"
    if after >= draft.before:
        return f"nothing to gain: {draft.before:,} tokens stay, target {target:,}"
    if after <= target:
        return f"{size}, target {target:,} met"
    fixed = draft.rules.fixed_tokens
    return (
        f"{size}, target {target:,} missed by {after - target:,}: what must stay "
        f"(system, tools and user context {fixed:,}; pinned, first and last messages "
        f"{draft.tokens - fixed:,}) cannot be shortened further"
    )
