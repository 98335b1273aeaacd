"""The limits across a session's chart, and their names beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracker.domain.budget.policy import Limits
from tracker.pages.charts.palette import Palette, name_beside

LINE = 13  # pixels between two names
PLOT_HEIGHT = 277  # of .plot's 360 pixels, without margins and lane


def limit_lines(
    limits: Limits, palette: Palette, *, pixel: float
) -> tuple[list[Any], list[Any]]:
    """Shapes and annotations; `pixel`: how many tokens one is high."""
    lines = (
        ("Critical", limits.critical_tokens, palette.levels["critical"], "solid"),
        ("Compress", limits.compress_tokens, palette.levels["compress"], "solid"),
        ("Warning", limits.warning_tokens, palette.levels["warning"], "solid"),
        ("Target", limits.target_tokens, palette.faint, "dot"),
        ("Window", limits.window_tokens, palette.line, "solid"),
    )
    ordered = sorted(range(len(lines)), key=lambda number: lines[number][1])
    heights = [lines[number][1] / pixel for number in ordered]
    places = dict(zip(ordered, spread(heights, LINE), strict=True))
    shapes, names = [], []
    for number, (word, tokens, colour, dash) in enumerate(lines):
        shapes.append(
            {
                "type": "line",
                "xref": "paper",
                "x0": 0,
                "x1": 1,
                "y0": tokens,
                "y1": tokens,
                "line": {"color": colour, "width": 1, "dash": dash},
            }
        )
        names.append(
            name_beside(
                f"{word} {tokens:,}",
                tokens,
                palette.faint if word == "Window" else colour,
                xshift=36,
                yshift=round(places[number] - tokens / pixel),
            )
        )
    return shapes, names


def spread(places: Sequence[float], least: float) -> list[float]:
    """Ascending `places`, moved as little as keeps them `least` apart."""
    runs: list[tuple[float, int]] = []  # where one begins, and how many it holds
    for number, place in enumerate(places):
        begin, count = place - number * least, 1
        while runs and runs[-1][0] > begin:
            other, others = runs.pop()
            begin = (begin * count + other * others) / (count + others)
            count += others
        runs.append((begin, count))
    begins = [begin for begin, count in runs for _ in range(count)]
    return [begin + number * least for number, begin in enumerate(begins)]
