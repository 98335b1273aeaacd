"""What filled the window: the parts over turns or time, and what happened."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tracker.domain.budget.policy import Limits
from tracker.domain.budget.suspicion import SUSPECTED
from tracker.pages.charts.history_data import CUTS, History, Mark, Point
from tracker.pages.charts.limit_lines import PLOT_HEIGHT, limit_lines
from tracker.pages.charts.palette import (
    PALETTES,
    PART_NAMES,
    PART_WORDS,
    Palette,
    base_layout,
)

SYMBOLS = {
    "ok": "circle-open",
    "warning": "triangle-up-open",
    "compress": "bowtie",
    "critical": "octagon",
    "exceeded": "triangle-right",
    "compression": "square",
    SUSPECTED: "square-open",
}
FEW_TURNS = 9  # up to so many turns, each one has a tick
JUST_AFTER = 0.01  # of a turn: a drop is drawn as an upright line
SECOND = timedelta(seconds=1)
MOST_LABELS = 12  # labels of what a drop freed; more would overlap
MOST_LINES = 60  # lines of drops; with more drops only the area falls


def session_history(
    history: History, limits: Limits, *, axis: str, theme: str
) -> dict[str, Any]:
    """A figure as plain JSON for Plotly.react. `axis` is "turns" or "time"."""
    palette = PALETTES[theme]
    columns = _columns(history, axis)
    traces = [_part(name, number, palette) for number, name in enumerate(PART_NAMES)]
    traces.append(_lane(history.marks, axis, palette))
    top = max([limits.window_tokens, *(p.used_tokens for p in history.points)])
    layout = base_layout(palette)
    layout["margin"]["r"] = 158
    layout["yaxis"] |= {"range": [0, top * 1.04], "domain": [0.1, 1], "nticks": 5}
    layout["yaxis"]["tickformat"] = "~s"
    # The lane of marks has its name where the other axis has its numbers.
    named = {"tickvals": [0], "ticktext": ["events"], "showgrid": False}
    layout["yaxis2"] = {**layout["yaxis"], "range": [-1, 1], "domain": [0, 0.08]}
    layout["yaxis2"] = {**layout["yaxis2"], **named}
    layout["xaxis"] |= {"anchor": "y2", "fixedrange": False, "nticks": 9}
    layout["xaxis"] |= {"type": "date"} if axis == "time" else _turn_ticks(history)
    lines, names = limit_lines(limits, palette, pixel=top * 1.04 / PLOT_HEIGHT)
    drops, freed = _drops(history.marks, axis, palette)
    layout |= {"shapes": lines + drops, "annotations": names + freed}
    for name, trace in zip(PART_NAMES, traces, strict=False):
        trace |= {"x": columns["x"], "y": columns[name], "customdata": columns["turn"]}
    return {"data": traces, "layout": layout}


def _columns(history: History, axis: str) -> dict[str, list[Any]]:
    """x, and one list per part. At a drop the next point stands twice: also just after
    the last one, so that the area falls upright. Over a gap in time the area is empty:
    a slope across idle days would show tokens that nobody used.
    """
    drops = {m.turn for m in history.marks if m.kind in CUTS}
    xs: list[Any] = []
    parts: list[list[int]] = [[] for _ in PART_NAMES]
    turns: list[int | None] = []
    before: Point | None = None
    if len(history.points) == 1:
        [only] = history.points
        for x in _sides(only, axis):
            _append(xs, parts, turns, only, x)
        return {"x": xs, "turn": turns, **dict(zip(PART_NAMES, parts, strict=True))}
    for point in history.points:
        if before is not None and axis == "turns" and before.turn in drops:
            _append(xs, parts, turns, point, before.turn + JUST_AFTER)
        if before is not None and axis == "time" and point.is_after_gap:
            for at in (before.at + SECOND, point.at - SECOND):
                xs.append(at.isoformat())
                turns.append(None)
                for values in parts:
                    values.append(0)
        _append(xs, parts, turns, point, _x(point, axis))
        before = point
    return {"x": xs, "turn": turns, **dict(zip(PART_NAMES, parts, strict=True))}


def _sides(point: Point, axis: str) -> tuple[Any, Any]:
    """A single point has no area: it gets half a turn or half a minute per side."""
    if axis == "turns":
        return point.turn - 0.5, point.turn + 0.5
    half = timedelta(seconds=30)
    return (point.at - half).isoformat(), (point.at + half).isoformat()


def _append(
    xs: list[Any], parts: list[list[int]], turns: list[int | None], point: Point, x: Any
) -> None:
    xs.append(x)
    turns.append(point.turn)
    for values, tokens in zip(parts, point.parts, strict=True):
        values.append(tokens)


def _x(thing: Point | Mark, axis: str) -> Any:
    return thing.at.isoformat() if axis == "time" else thing.turn


def _part(name: str, number: int, palette: Palette) -> dict[str, Any]:
    colour = palette.parts[number]
    is_history = name == "history"
    trace: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "meta": PART_WORDS[name],  # its name in a legend
        "stackgroup": "parts",
        "hoverinfo": "none",
        "line": {
            "width": 1.5 if is_history else 0.75,
            "color": colour if is_history else palette.surface,
        },
        "fillcolor": palette.history_fill if is_history else colour,
    }
    if name == "unattributed":
        trace["fillpattern"] = {
            "shape": "/",
            "fillmode": "overlay",
            "size": 5,
            "solidity": 0.35,
            "fgcolor": colour,
            "bgcolor": palette.surface,
        }
        trace["line"] = {"width": 1, "color": colour}
    return trace


def _turn_ticks(history: History) -> dict[str, Any]:
    """Ticks at whole turns: of few turns, plotly would label the halves as well."""
    ticks: dict[str, Any] = {"type": "linear", "tickformat": ",~f"}
    turns = [point.turn for point in history.points]
    if turns and turns[-1] - turns[0] < FEW_TURNS:
        ticks |= {"tick0": turns[0], "dtick": 1}
    return ticks


def _drops(
    marks: list[Mark], axis: str, palette: Palette
) -> tuple[list[Any], list[Any]]:
    """Each compression's fall, and what the newest of them freed."""
    drops = [m for m in marks if m.kind in CUTS]
    shapes = [
        {
            "type": "line",
            "x0": _x(drop, axis),
            "x1": _x(drop, axis),
            "y0": drop.after_tokens,
            "y1": drop.before_tokens,
            "line": {"color": palette.text, "width": 1.25, "dash": "dash"},
        }
        for drop in drops
    ]
    pills = [
        {
            "text": _freed(drop),
            "showarrow": False,
            "borderpad": 3,
            "x": _x(drop, axis),
            "xanchor": "left",
            "xshift": 6,
            "y": drop.before_tokens,
            "yshift": -14,
            "bgcolor": palette.text,
            "font": {"color": palette.surface},
        }
        for drop in drops
    ]
    if len(drops) > MOST_LABELS:
        return shapes if len(drops) <= MOST_LINES else [], []
    return shapes, pills


def _freed(drop: Mark) -> str:
    freed = drop.before_tokens - drop.after_tokens
    return f"\u2212{freed:,}" if freed >= 0 else f"+{-freed:,}"


def _lane(marks: list[Mark], axis: str, palette: Palette) -> dict[str, Any]:
    """Events and compressions in a lane under the axis."""
    colours = {**palette.levels, **dict.fromkeys(CUTS, palette.text)}
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "marks",
        "x": [_x(m, axis) for m in marks],
        "y": [0] * len(marks),
        "yaxis": "y2",
        "hoverinfo": "none",
        "cliponaxis": False,
        "marker": {
            "symbol": [SYMBOLS[m.kind] for m in marks],
            "color": [colours[m.kind] for m in marks],
            "size": 9,
            "line": {"width": 1.5},
        },
    }
