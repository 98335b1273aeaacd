"""What a compression's window held before and after, part by part, on one scale."""

from __future__ import annotations

from dataclasses import dataclass

from tracker.models import Compression, UsageSample
from tracker.pages.charts.palette import PART_NAMES, PART_WORDS
from tracker.pages.compressions.access import judged_by

GAP = 0.12  # percent between two parts


@dataclass(frozen=True, slots=True)
class Bar:
    part: str
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class Side:
    tokens: int
    ratio: float
    bars: list[Bar]


@dataclass(frozen=True, slots=True)
class Numbers:
    """Everything in tokens; marks in percent of the scale. `target` is the
    compression's own, else the policy's of today.
    """

    before: Side
    after: Side
    parts: list[tuple[str, str, int, int]]  # name, word, before, after
    target: int
    is_own_target: bool
    target_x: str
    is_target_left: bool  # its label must not begin before the scale
    compress_x: str
    compress_tokens: int
    cut: tuple[str, str] | None  # hatched: cut beyond the target
    beyond_target: int


def numbers_of(row: Compression) -> Numbers:
    effective, window = judged_by(row)
    limits = effective.policy.limits(window)
    before, after = _parts(row)
    own = row.target_tokens
    target = limits.target_tokens if own is None else own
    scale = max(limits.available_tokens, row.before_tokens, row.after_tokens, target, 1)
    beyond = target - row.after_tokens if row.before_tokens > target else 0
    return Numbers(
        before=_side(before, limits.available_tokens, scale),
        after=_side(after, limits.available_tokens, scale),
        parts=[
            (name, word, before[name], after[name])
            for name, word in PART_WORDS.items()
            if before[name] or after[name]
        ],
        target=target,
        is_own_target=own is not None,
        target_x=_percent(target, scale),
        is_target_left=target * 8 < scale,
        compress_x=_percent(limits.compress_tokens, scale),
        compress_tokens=limits.compress_tokens,
        cut=(_percent(row.after_tokens, scale), _percent(beyond, scale))
        if beyond > scale // 20
        else None,
        beyond_target=max(0, beyond),
    )


def _parts(row: Compression) -> tuple[dict[str, int], dict[str, int]]:
    """From the samples before and after it; tokens they do not explain are history."""
    samples = UsageSample.objects.filter(session=row.session_id, lane=row.lane)
    last = samples.filter(at__lte=row.at).order_by("-at", "-pk").first()
    first = samples.filter(at__gt=row.at).order_by("at", "pk").first()
    before = _of_sample(last, row.before_tokens)
    if first is not None and abs(first.used_tokens - row.after_tokens) * 100 <= (
        row.after_tokens
    ):
        return before, _of_sample(first, row.after_tokens)
    return before, _of_sample(last, row.after_tokens, only_fixed=True)


def _of_sample(
    sample: UsageSample | None, tokens: int, *, only_fixed: bool = False
) -> dict[str, int]:
    """Steady parts of the sample, the rest as history; they add up to `tokens`."""
    parts = dict.fromkeys(PART_NAMES, 0)
    left = tokens
    steady = ("system", "tools", "user_context")
    for name in steady:
        if sample is not None:
            parts[name] = min(left, getattr(sample, f"{name}_tokens"))
            left -= parts[name]
    if sample is not None and not only_fixed:
        parts["unattributed"] = min(left, sample.unattributed_tokens)
        left -= parts["unattributed"]
    parts["history"] = left
    return parts


def _side(parts: dict[str, int], available: int, scale: int) -> Side:
    bars, x = [], 0
    for name in PART_NAMES:
        if parts[name]:
            width = max(0.1, 100 * parts[name] / scale - GAP)
            bars.append(Bar(name, _percent(x, scale), f"{width:.2f}"))
            x += parts[name]
    return Side(x, x / available if available else 0.0, bars)


def _percent(tokens: int, scale: int) -> str:
    return f"{100 * tokens / scale:.2f}"
