"""The fleet's figures: rows of small plots over one axis of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tracker.domain.budget.status import LEVELS
from tracker.pages.charts.fleet_data import HOUR, STEPS, Step, TimeRange, total_of
from tracker.pages.charts.palette import (
    FONT,
    PALETTES,
    Palette,
    base_layout,
    name_beside,
)

GAP = 0.06  # of the height, between two rows
BAR = 0.8  # of its step


@dataclass(frozen=True, slots=True)
class Plot:
    """One plot: a name, what stands beside it, and a value for each step."""

    name: str
    total: str
    values: Sequence[int | None]
    colour: str
    weight: int = 1
    is_line: bool = False


def fleet_figures(
    steps: Sequence[Step], span: TimeRange, *, theme: str
) -> dict[str, Any]:
    """The figures by name, each as plain JSON for Plotly.react."""
    palette = PALETTES[theme]
    rows = {
        "levels": _levels(steps, palette),
        "tokens": _tokens(steps, palette),
        "compressions": _compressions(steps, palette),
    }
    return {name: _figure(steps, span, of, palette) for name, of in rows.items()}


def _levels(steps: Sequence[Step], palette: Palette) -> list[Plot]:
    rows = []
    for level in reversed(LEVELS):
        values = [step.counts[f"{level}_events"] for step in steps]
        word = "OK" if level == "ok" else level.capitalize()
        rows.append(Plot(word, f"{sum(values):,}", values, palette.levels[level]))
    return rows


def _tokens(steps: Sequence[Step], palette: Palette) -> list[Plot]:
    means = [step.mean_tokens for step in steps]
    total = total_of(steps)
    mean = f"{(total and total.mean_tokens) or 0:,}"
    return [
        Plot("Average size", mean, means, palette.text, weight=2, is_line=True),
        _sums("Reports", "samples", steps, palette.faint),
        _sums("New sessions", "new_sessions", steps, palette.faint),
    ]


def _compressions(steps: Sequence[Step], palette: Palette) -> list[Plot]:
    return [
        _sums("Tokens freed", "saved_tokens", steps, palette.text),
        _sums("Compressions", "compressions", steps, palette.faint),
    ]


def _sums(name: str, key: str, steps: Sequence[Step], colour: str) -> Plot:
    values = [step.counts[key] for step in steps]
    return Plot(name, f"{sum(values):,}", values, colour)


def _figure(
    steps: Sequence[Step], span: TimeRange, rows: list[Plot], palette: Palette
) -> dict[str, Any]:
    layout = base_layout(palette)
    layout["margin"] |= {"r": 100, "t": 8}
    # The label says the step; the axis would add a day in its middle.
    layout |= {"hovermode": "closest", "hoverlabel": _hover_label(palette)}
    last = f"y{len(rows)}" if len(rows) > 1 else "y"
    layout["xaxis"] |= {"type": "date", "anchor": last, "nticks": 7}
    layout["xaxis"]["range"] = [at.isoformat() for at in (span.start, span.end)]
    axis = layout["yaxis"] | {"side": "left", "tickformat": ".3~s"}
    layout["annotations"] = []
    # Each row has its own place and name: some readers cannot tell the colours apart.
    most = max((v or 0 for row in rows for v in row.values), default=0)
    are_alike = len(rows) == len(LEVELS)
    traces = []
    for number, (row, domain) in enumerate(zip(rows, _domains(rows), strict=True), 1):
        top = max(
            most if are_alike else max((v or 0 for v in row.values), default=0), 1
        )
        key = str(number) if number > 1 else ""
        ticks = {"tickmode": "array", "tickvals": [0, top]}
        layout[f"yaxis{key}"] = {
            **axis,
            **({"nticks": 4} if row.weight > 1 else ticks),
            "domain": domain,
            "range": [0, top * 1.08],
        }
        layout["annotations"].append(
            name_beside(
                f"{row.name}<br>{row.total}",
                sum(domain) / 2,
                row.colour,
                yref="paper",
                align="left",
            )
        )
        draw = _line if row.is_line else _bars
        traces.append(draw(row, f"y{key}", steps, span.step))
    return {"data": traces, "layout": layout}


def _domains(rows: list[Plot]) -> list[list[float]]:
    """From the top down, as high as their weights."""
    unit = (1 - GAP * (len(rows) - 1)) / sum(row.weight for row in rows)
    found, top = [], 1.0
    for row in rows:
        bottom = top - unit * row.weight
        found.append([max(0.0, bottom), top])
        top = bottom - GAP
    return found


def _bars(
    row: Plot, axis: str, steps: Sequence[Step], step: timedelta
) -> dict[str, Any]:
    # Each bar is in the middle of its step.
    return {
        "type": "bar",
        "x": [(s.at + step / 2).isoformat() for s in steps],
        "y": list(row.values),
        "yaxis": axis,
        "name": row.name,
        "width": [BAR * step.total_seconds() * 1_000] * len(steps),
        "marker": {"color": row.colour, "line": {"width": 0}},
        "hovertemplate": _hover(row),
        "customdata": [_label(s, step) for s in steps],
    }


def _line(
    row: Plot, axis: str, steps: Sequence[Step], step: timedelta
) -> dict[str, Any]:
    """A line, broken where nothing was reported; a value alone is a dot."""
    xs: list[str] = []
    ys: list[int | None] = []
    labels: list[str] = []
    before = None
    for s, value in zip(steps, row.values, strict=True):
        if before is not None and s.at - before > step:
            xs.append((before + step).isoformat())
            ys.append(None)
            labels.append("")
        xs.append((s.at + step / 2).isoformat())
        ys.append(value)
        labels.append(_label(s, step))
        before = s.at
    return {
        "type": "scatter",
        "x": xs,
        "y": ys,
        "yaxis": axis,
        "name": row.name,
        "mode": "lines+markers",
        "line": {"color": row.colour, "width": 1.5},
        "marker": {"size": 5, "color": row.colour},
        "hovertemplate": _hover(row),
        "customdata": labels,
    }


def _hover(row: Plot) -> str:
    return f"%{{customdata}}<br>{row.name} %{{y:,}}<extra></extra>"


def _hover_label(palette: Palette) -> dict[str, Any]:
    font = {"family": FONT, "size": 12, "color": palette.text}
    colours = {"bgcolor": palette.surface, "bordercolor": palette.line}
    return {"align": "left", "font": font, **colours}


def _label(step: Step, length: timedelta) -> str:
    if length == HOUR:
        return f"{step.at:%Y-%m-%d %H:%M} UTC"
    return f"{STEPS[length].capitalize()} of {step.at:%Y-%m-%d}"
