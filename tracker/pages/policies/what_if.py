"""The answer of a trial, as the page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tracker.domain.budget.backtest import Backtest, SessionComparison, Totals
from tracker.domain.budget.replay import Fullest
from tracker.domain.budget.status import LEVELS, percent_text
from tracker.models import LLMSession

NAMED = 20  # sessions listed by name
BARS = 36
HIGHEST = 10  # squares in a column; above that, one square is several sessions
COLUMN, SQUARE = 18, 13  # of the drawing, 740 wide
WIDTH, GROUND = 740, 134
LABEL = 150  # as wide as a label beside its line
WORDS = {
    "24h": "over the last 24 hours",
    "14d": "over the last 14 days",
    "all": "over the whole history",
}


@dataclass(frozen=True, slots=True)
class LevelBars:
    """One row of the table; bars in percent of the widest."""

    level: str
    word: str
    saved: int
    tried: int
    saved_bar: float
    tried_bar: float

    @property
    def difference(self) -> int:
        return self.tried - self.saved


@dataclass(frozen=True, slots=True)
class WhatIf:
    headline: str
    lines: tuple[LevelBars, ...]
    freed: tuple[int, int, str]
    changes: list[str]
    backtest: Backtest
    squares: tuple[tuple[float, float, str], ...]
    per_square: int
    ticks: tuple[tuple[float, str, str], ...]
    rules: tuple[dict[str, Any], ...]
    judged: tuple[dict[str, Any], ...]
    judged_count: int
    sentence: str


def what_if(
    result: Backtest, *, saved: Any, tried: Any, changes: list[str], period: str
) -> WhatIf:
    """`saved` and `tried` are the scales of the two policies (None: no such)."""
    top = _top(result, saved, tried)
    squares, per_square = _squares(result, top)
    differing = result.judged_differently
    return WhatIf(
        headline=_headline(result, changes, period),
        lines=_lines(result.saved, result.tried),
        freed=_freed(result.saved.tokens_to_free, result.tried.tokens_to_free),
        changes=changes,
        backtest=result,
        squares=squares,
        per_square=per_square,
        ticks=_ticks(top),
        rules=_rules(saved, tried, top),
        judged=_judged(differing[:NAMED]),
        judged_count=len(differing),
        sentence=_sentence(result),
    )


def _headline(result: Backtest, changes: list[str], period: str) -> str:
    compressions = result.tried.compressions - result.saved.compressions
    if not changes:
        return f"{_count(result.saved.compressions, 'compression')} due {WORDS[period]}"
    which = "this change" if len(changes) == 1 else "these changes"
    if compressions:
        return f"With {which}, {_more(compressions, 'compression')} {WORDS[period]}"
    if parts := _differences(result):
        return f"With {which}, {parts[0]} {WORDS[period]}"
    return f"Nothing would have been different {WORDS[period]}"


def _sentence(result: Backtest) -> str:
    """For the bar at the bottom: every number that differs, `155 more warnings`."""
    return ", ".join(_differences(result)) or "the same events and compressions"


def _differences(result: Backtest) -> list[str]:
    """A part for each row of the table whose two numbers differ."""
    return [
        _more(getattr(result.tried, n) - getattr(result.saved, n), word)
        for n, word in (
            ("compressions", "compression"),
            ("exceeded", "exceeded event"),
            ("critical", "critical event"),
            ("compress", "compress event"),
            ("warning", "warning"),
            ("tokens_to_free", "token to free"),
        )
        if getattr(result.tried, n) != getattr(result.saved, n)
    ]


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _more(difference: int, word: str) -> str:
    kind = "more" if difference > 0 else "fewer"
    number = abs(difference)
    noun, _, rest = word.partition(" to ")  # `2 more tokens to free`
    ending = f" to {rest}" if rest else ""
    return f"{number:,} {kind} {noun}{'' if number == 1 else 's'}{ending}"


def _lines(saved: Totals, tried: Totals) -> tuple[LevelBars, ...]:
    names = [(level, level.capitalize(), level) for level in LEVELS[1:]]
    names.append(("", "Compressions due", "compressions"))
    pairs = [(getattr(saved, field), getattr(tried, field)) for *_, field in names]
    most = max((n for pair in pairs for n in pair), default=0) or 1
    return tuple(
        LevelBars(level, word, a, b, round(95 * a / most, 1), round(95 * b / most, 1))
        for (level, word, _), (a, b) in zip(names, pairs, strict=True)
    )


def _freed(saved: int, tried: int) -> tuple[int, int, str]:
    if not saved or saved == tried:
        return saved, tried, ""
    change = round(100 * (tried - saved) / saved)
    return saved, tried, f"{change:+,} %".replace("-", "−").replace(" ", "\u00a0")


def _top(result: Backtest, *scales: Any) -> int:
    peaks = [s.saved_fullest.used_tokens for s in result.sessions if s.saved_fullest]
    windows = [scale.limits.window_tokens for scale in scales if scale]
    return int(max([*windows, _nearly_most(peaks), 1]))


def _nearly_most(peaks: list[int]) -> int:
    """The 98th percentile: one huge session must not squeeze all others together."""
    return sorted(peaks)[int(0.98 * (len(peaks) - 1))] if peaks else 0


def _squares(
    result: Backtest, top: int
) -> tuple[tuple[tuple[float, float, str], ...], int]:
    """(x, y, level with the changes): one per session, or per so many sessions."""
    columns: list[list[int]] = [[] for _ in range(BARS + 1)]
    for session in result.sessions:
        if session.saved_fullest is None:
            continue
        rank = session.tried_fullest.rank if session.tried_fullest else 0
        column = BARS * session.saved_fullest.used_tokens // top
        columns[min(BARS, column)].append(rank)
    most = max(map(len, columns))
    each = max(1, -(-most // HIGHEST))
    found = []
    for number, ranks in enumerate(columns):
        ranks.sort()
        x = min(WIDTH - SQUARE, number * WIDTH / BARS)
        for height, rank in enumerate(ranks[each - 1 :: each] or ranks[:1]):
            y = GROUND - 2 - SQUARE - height * (SQUARE - 2.5)
            found.append((round(x, 1), round(y, 1), LEVELS[rank]))
    return tuple(found), each


def _ticks(top: int) -> tuple[tuple[float, str, str], ...]:
    steps = [round(top * part / 4, -3) for part in range(5)]
    anchors = ("start", "middle", "middle", "middle", "end")
    return tuple(
        (WIDTH * part / 4, f"{int(step) // 1000:,}k" if step else "0", anchor)
        for part, (step, anchor) in enumerate(zip(steps, anchors, strict=True))
    )


def _rules(saved: Any, tried: Any, top: int) -> tuple[dict[str, Any], ...]:
    """The three thresholds: where they are, and where they were."""
    if tried is None:
        return ()
    found = []
    for row, level in enumerate(("critical", "compress", "warning")):
        now = tried.tokens[level]
        before = saved.tokens[level] if saved else now
        x = round(min(1, now / top) * WIDTH, 1)
        found.append(
            {
                "level": level,
                "x": x,
                "was_x": round(min(1, before / top) * WIDTH, 1),
                "y": 14 + 16 * row,
                "tokens": now,
                "was": before if before != now else None,
                # `1,156,800 to 117,600` would be cut at the left end.
                "anchor": "start" if x < LABEL else "end",
                "text_x": x + 20 if x < LABEL else x - 20,
                "icon_x": x + 4 if x < LABEL else x - 16,
                "icon_y": 8 + 16 * row,
                "text_y": 18 + 16 * row,
            }
        )
    return tuple(found)


def _judged(found: list[SessionComparison]) -> tuple[dict[str, Any], ...]:
    sessions = LLMSession.objects.in_bulk([s.session for s in found])
    return tuple(
        {
            "session": sessions[s.session],
            "peak": s.saved_fullest.used_tokens if s.saved_fullest else None,
            "saved": _verdict(s.saved_fullest),
            "tried": _verdict(s.tried_fullest),
        }
        for s in found
        if s.session in sessions
    )


def _verdict(moment: Fullest | None) -> dict[str, str] | None:
    if moment is None:
        return None
    percent = percent_text(moment.used_tokens, moment.available_tokens)
    return {"level": moment.level, "percent": percent.replace(" ", "\u00a0")}
