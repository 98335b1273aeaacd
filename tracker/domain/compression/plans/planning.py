"""Makes a compression plan: one tier after the other until the target is met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from tracker.domain.compression.plans.borders import kept_indices, must_alternate
from tracker.domain.compression.plans.duplicates import pointers, repeated_results
from tracker.domain.compression.plans.kept_clipping import (
    clip_largest,
    clippable_tokens,
)
from tracker.domain.compression.plans.placement import Placement, place_summary
from tracker.domain.compression.plans.plan import CompressionPlan
from tracker.domain.compression.plans.plan_draft import (
    Draft,
    PlanRules,
    finish_plan,
    new_draft,
)
from tracker.domain.compression.summary.extraction import (
    extractive_summary,
    source_text,
    whole_summary,
)
from tracker.domain.compression.summary.middle import (
    Numbered,
    middle_sources,
    number_messages,
)
from tracker.domain.compression.summary.named_lines import summarise_with_names
from tracker.domain.compression.summary.summarising import (
    Source,
    Summarise,
    SummaryRequest,
    summarise_safely,
)
from tracker.domain.compression.summary.summary_lines import frame_summary, frame_tokens
from tracker.domain.conversation.messages import read_message, read_messages
from tracker.domain.conversation.text.text_repair import repair_data
from tracker.domain.counting.content_tokens import as_data
from tracker.domain.counting.counters import estimate_tokens
from tracker.domain.counting.measure import Count, Measure

# The summary gets a twentieth of the target even if kept messages must be clipped
# for it: twenty turns must not vanish for one huge tool result.
_FLOOR_DIVISOR = 20
_LEAST_SUMMARY_TOKENS = 20


def plan_compression(
    messages: Sequence[Any],
    rules: PlanRules,
    *,
    count: Count = estimate_tokens,
    model: str = "",
    summarise: Summarise | None = None,
    originals: Mapping[int, Any] | None = None,
) -> CompressionPlan:
    """The plan for `messages`. Pure: nothing given is changed.

    `count` counts text; `model` says what providers add around it. `originals` are
    the messages behind earlier summaries, by number (`middle.numbered_originals`).
    Raises MessageError when a message has no known shape.
    """
    # Repaired first: every later cut and count may rely on valid text.
    read = read_messages([repair_data(as_data(raw)) for raw in messages])
    measure = Measure(count, model)
    given = [measure.message(message.raw) for message in read]
    before = rules.fixed_tokens + sum(given)
    numbered = number_messages(read)
    sizes = [
        measure.message(message.raw) if message.index in numbered.earlier else tokens
        for message, tokens in zip(numbered.messages, given, strict=True)
    ]
    repeated = repeated_results(numbered.messages, count)

    draft = new_draft(numbered, rules, measure, before=before, sizes=sizes)
    if not rules.must_summarise:
        edits = pointers(numbered.messages, repeated, range(len(read)))
        draft.edit(edits)
        if edits and draft.tokens <= rules.target_tokens:
            draft.tiers.append("duplicates")
            return finish_plan(draft, messages)

    draft = new_draft(numbered, rules, measure, before=before, sizes=sizes)
    _summarise_middle(draft, repeated, summarise, originals)
    over = draft.tokens - rules.target_tokens
    if over > 0:
        kept = [
            read_message(draft.edits.get(at, numbered.messages[at].raw), at)
            for at in sorted(draft.kept - numbered.whole_summaries)
        ]
        edits = clip_largest(kept, over, measure)
        draft.edit(edits)
        draft.tiers.extend(["clip"] if edits else [])
    return finish_plan(draft, messages)


def _summarise_middle(
    draft: Draft,
    repeated: dict[int, int],
    summarise: Summarise | None,
    originals: Mapping[int, Any] | None,
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
    sources = middle_sources(
        numbered, place.kept, skipped=repeated, originals=originals
    )
    _fill(draft, place, sources, summarise)
    if draft.place is place:
        twins = pointers(messages, repeated, place.kept)
        draft.edit(twins)
        if twins:
            draft.tiers.insert(0, "duplicates")


def _fill(
    draft: Draft,
    place: Placement,
    sources: tuple[Source, ...],
    summarise: Summarise | None,
) -> None:
    """Replace the middle by a summary within its budget, if that is worth a frame."""
    numbered, rules, count = draft.numbered, draft.rules, draft.measure.count
    first, last = _span(numbered, place)
    frame = draft.measure.overheads.message
    frame += frame_tokens(count, first=first, last=last)
    kept = sum(draft.sizes[at] for at in place.kept)
    middle = draft.before - rules.fixed_tokens - kept
    budget = _summary_budget(draft, place, kept=kept, middle=middle, frame=frame)
    is_over = draft.before > rules.target_tokens
    if budget < _LEAST_SUMMARY_TOKENS and not is_over:
        return
    if budget >= _LEAST_SUMMARY_TOKENS and any(
        source.text or source.units for source in sources
    ):
        before, recent = (
            "\n".join(source_text(m) for m in part if m.index in place.kept)
            for part in (numbered.messages[: place.at], numbered.messages[place.at :])
        )
        request = SummaryRequest(sources, budget, count, recent, before)
        draft.summary = whole_summary(request) or summarise_with_names(
            partial(summarise_safely, summarise, extractive_summary), request
        )
        draft.tiers.append("summary")
        if any(line.kind == "squeezed" for line in draft.summary.lines):
            draft.tiers.append("squeeze")
    draft.text = frame_summary(draft.summary.lines, first=first, last=last)
    draft.kept = place.kept
    draft.place = place


def _summary_budget(
    draft: Draft, place: Placement, *, kept: int, middle: int, frame: int
) -> int:
    """Tokens for the lines: what the target leaves, and less than they replace."""
    rules = draft.rules
    slack = rules.target_tokens - rules.fixed_tokens - kept - frame
    if rules.must_summarise:
        if rules.summary_percent is None:
            return slack
        slack = min(slack, middle * rules.summary_percent // 100 - frame)
    if draft.before > rules.target_tokens:
        floor = min(middle // 2, rules.target_tokens // _FLOOR_DIVISOR)
        if slack < floor:
            messages = [draft.numbered.messages[at] for at in place.kept]
            slack = min(floor, slack + clippable_tokens(messages, draft.measure))
    return min(slack, middle * 9 // 10 - frame)


def _span(numbered: Numbered, place: Placement) -> tuple[int, int]:
    """Numbers of the first and last message that the summary replaces."""
    removed = [at for at in range(len(numbered.messages)) if at not in place.kept]
    first = [numbered.numbers[at] for at in removed if at not in numbered.earlier]
    last = [numbered.numbers[at] for at in removed]
    found = numbered.earlier.values()
    return (
        min([*first, *(summary.first for summary in found)]),
        max([*last, *(summary.last for summary in found)]),
    )
