"""What filled the window: the parts over turns or time, and what happened."""

from __future__ import annotations

import json
from typing import Any

import plotly.graph_objects as go

from tracker.domain.policy import Limits
from tracker.pages.charts.history_data import History, Mark, Point
from tracker.pages.charts.palette import PALETTES, PART_NAMES, Palette, base_layout

SYMBOLS = {
    "ok": "circle-open",
    "warning": "triangle-up-open",
    "compress": "bowtie",
    "critical": "octagon",
    "exceeded": "triangle-right",
    "compression": "square",
}
YSHIFTS = {"Compress": 4, "Warning": -4}  # pixels: 5 % of the window is one line
JUST_AFTER = 0.01  # of a turn: a drop stands upright
MOST_LABELS = 12  # drops that say how much they freed; more would overlap


def session_history(
    history: History, limits: Limits, *, axis: str, theme: str
) -> dict[str, Any]:
    """A figure as plain JSON for Plotly.react. `axis` is "turns" or "time"."""
    palette = PALETTES[theme]
    figure = go.Figure(layout=base_layout(palette))
    columns = _columns(history, axis)
    for number, name in enumerate(PART_NAMES):
        figure.add_trace(_part(name, number, columns, palette))
    _limits(figure, limits, palette)
    _drops(figure, history.marks, axis, palette)
    figure.add_trace(_lane(history.marks, axis, palette))
    top = max([limits.window_tokens, *(p.used_tokens for p in history.points)])
    figure.update_layout(
        yaxis={
            "range": [0, top * 1.04],
            "domain": [0.1, 1],
            "tickformat": "~s",
            "nticks": 5,
        },
        yaxis2={
            "range": [-1, 1],
            "domain": [0, 0.08],
            "visible": False,
            "fixedrange": True,
        },
        xaxis={
            "anchor": "y2",
            "type": "date" if axis == "time" else "linear",
            "fixedrange": False,
            "tickformat": "" if axis == "time" else ",d",
            "nticks": 9,
        },
        margin={"r": 158},
    )
    # to_json also turns typed arrays into lists; the browser gets nothing encoded.
    return json.loads(json.dumps(figure.to_plotly_json(), default=str))


def _columns(history: History, axis: str) -> dict[str, list[Any]]:
    """x, and one list per part; a drop repeats the next point just after the last."""
    drops = {m.turn for m in history.marks if m.kind == "compression"}
    xs: list[Any] = []
    parts: list[list[int]] = [[] for _ in PART_NAMES]
    turns: list[int] = []
    before: Point | None = None
    for point in history.points:
        if before is not None and axis == "turns" and before.turn in drops:
            _append(xs, parts, turns, point, before.turn + JUST_AFTER)
        _append(xs, parts, turns, point, _x(point, axis))
        before = point
    return {"x": xs, "turn": turns, **dict(zip(PART_NAMES, parts, strict=True))}


def _append(
    xs: list[Any], parts: list[list[int]], turns: list[int], point: Point, x: Any
) -> None:
    xs.append(x)
    turns.append(point.turn)
    for values, tokens in zip(parts, point.parts, strict=True):
        values.append(tokens)


def _x(thing: Point | Mark, axis: str) -> Any:
    return thing.at.isoformat() if axis == "time" else thing.turn


def _part(
    name: str, number: int, columns: dict[str, list[Any]], palette: Palette
) -> go.Scatter:
    colour = palette.parts[number]
    is_history = name == "history"
    trace = go.Scatter(
        x=columns["x"],
        y=columns[name],
        customdata=columns["turn"],
        name=name,
        stackgroup="parts",
        mode="lines",
        hoverinfo="none",
        line={
            "width": 1.5 if is_history else 0.75,
            "color": colour if is_history else palette.surface,
        },
        fillcolor=palette.history_fill if is_history else colour,
    )
    if name == "unattributed":
        trace.fillpattern = {
            "shape": "/",
            "size": 5,
            "solidity": 0.35,
            "fgcolor": colour,
            "bgcolor": palette.surface,
        }
        trace.line = {"width": 1, "color": colour}
    return trace


def _limits(figure: go.Figure, limits: Limits, palette: Palette) -> None:
    """Lines over the plot, their names beside it."""
    lines = (
        ("Critical", limits.critical_tokens, palette.levels["critical"], "solid"),
        ("Compress", limits.compress_tokens, palette.levels["compress"], "solid"),
        ("Warning", limits.warning_tokens, palette.levels["warning"], "solid"),
        ("Target", limits.target_tokens, palette.faint, "dot"),
        ("Window", limits.window_tokens, palette.line, "solid"),
    )
    for word, tokens, colour, dash in lines:
        figure.add_shape(
            type="line", xref="paper", x0=0, x1=1, y0=tokens, y1=tokens,
            line={"color": colour, "width": 1, "dash": dash},
        )  # fmt: skip
        figure.add_annotation(
            text=f"{word} {tokens:,}", xref="paper", x=1, xanchor="left", xshift=36,
            y=tokens, yanchor="middle", yshift=YSHIFTS.get(word, 0), showarrow=False,
            font={"color": palette.faint if word == "Window" else colour},
        )  # fmt: skip


def _drops(figure: go.Figure, marks: list[Mark], axis: str, palette: Palette) -> None:
    drops = [m for m in marks if m.kind == "compression"]
    for number, drop in enumerate(drops):
        figure.add_shape(
            type="line", x0=_x(drop, axis), x1=_x(drop, axis),
            y0=drop.after_tokens, y1=drop.before_tokens,
            line={"color": palette.text, "width": 1.25, "dash": "dash"},
        )  # fmt: skip
        if number >= MOST_LABELS:
            continue
        freed = drop.before_tokens - drop.after_tokens
        figure.add_annotation(
            text=f"\u2212{freed:,}" if freed >= 0 else f"+{-freed:,}",
            x=_x(drop, axis), y=drop.before_tokens, xanchor="left", xshift=6,
            yshift=-14, showarrow=False, borderpad=3, bgcolor=palette.text,
            font={"color": palette.surface},
        )  # fmt: skip


def _lane(marks: list[Mark], axis: str, palette: Palette) -> go.Scatter:
    """Events and compressions in a lane under the axis."""
    colours = {**palette.levels, "compression": palette.text}
    return go.Scatter(
        x=[_x(m, axis) for m in marks],
        y=[0] * len(marks),
        yaxis="y2",
        mode="markers",
        name="marks",
        hoverinfo="none",
        cliponaxis=False,
        marker={
            "symbol": [SYMBOLS[m.kind] for m in marks],
            "color": [colours[m.kind] for m in marks],
            "size": 9,
            "line": {"width": 1.5},
        },
    )
