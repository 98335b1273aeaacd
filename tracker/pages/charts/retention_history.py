"""How much of each class of facts survived, day by day, over the tokens freed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from tracker.pages.charts.palette import PALETTES, Palette, base_layout, name_beside

# Grey lines that differ by their dashes and by the names at their ends. On all other
# charts a colour means a level, a part or a fate; here it would mislead.
STYLES = {
    "constraint": ("Instructions", "solid", 2.0),
    "decision": ("Decisions", "dash", 1.5),
    "error": ("Errors", "dashdot", 1.5),
    "path": ("Paths", "dot", 1.5),
    "url": ("URLs", "longdash", 1.0),
    "command": ("Commands", "longdashdot", 1.0),
    "identifier": ("Identifiers", "5px 2px", 1.0),
    "number": ("Numbers", "solid", 1.0),
}
FEWEST_DAYS = 7  # a bar for one day alone would fill the plot
LABEL_PIXELS = 14  # a line of text
PLOT_PIXELS = 200  # of the upper plot, as drawn at the page's height


@dataclass(frozen=True, slots=True)
class Day:
    """`kept` is a share of 1 by class, classes without facts left out."""

    day: date
    saved_tokens: int
    kept: Mapping[str, float]


def retention_history(days: Sequence[Day], *, theme: str) -> dict[str, Any]:
    """A figure as plain JSON for Plotly.react."""
    palette = PALETTES[theme]
    layout = base_layout(palette)
    layout["margin"] |= {"r": 130, "t": 10}
    layout["yaxis"] |= {
        "range": [-0.03, 1.03],
        "domain": [0.34, 1],
        "tickformat": ".0%",
        "side": "left",
        "nticks": 5,
    }
    layout["yaxis2"] = {**layout["yaxis"], "domain": [0, 0.22], "tickformat": "~s"}
    layout["yaxis2"]["nticks"] = 3
    del layout["yaxis2"]["range"]
    layout["xaxis"] |= {"type": "date", "anchor": "y2", "nticks": 8}
    if days and (days[-1].day - days[0].day).days < FEWEST_DAYS:
        layout["xaxis"] |= {"range": _last_days(days[-1].day)}
    layout["annotations"] = [
        *_names(days, palette),
        name_beside("Tokens freed", 0.11, palette.faint, yref="paper"),
    ]
    return {"data": [*_lines(days, palette), _bars(days, palette)], "layout": layout}


def _last_days(last: date) -> list[str]:
    """From noon to noon, so that the days stand in the middle of their space."""
    noon = datetime.combine(last, time(12))
    return [str(noon - timedelta(days=FEWEST_DAYS)), str(noon)]


def _lines(days: Sequence[Day], palette: Palette) -> list[dict[str, Any]]:
    traces = []
    for kind, (name, dash, width) in STYLES.items():
        points = [(day.day, day.kept[kind]) for day in days if kind in day.kept]
        if points:
            traces.append(
                {
                    "type": "scatter",
                    "x": [at.isoformat() for at, _ in points],
                    "y": [share for _, share in points],
                    "name": name,
                    "mode": "lines+markers",
                    "hovertemplate": "%{y:.0%} " + name + "<extra></extra>",
                    "line": {"color": palette.text, "width": width, "dash": dash},
                    "marker": {"size": 4, "color": palette.text},
                }
            )
    return traces


def _bars(days: Sequence[Day], palette: Palette) -> dict[str, Any]:
    return {
        "type": "bar",
        "x": [day.day.isoformat() for day in days],
        "y": [day.saved_tokens for day in days],
        "yaxis": "y2",
        "name": "Tokens freed",
        "hovertemplate": "%{y:,} tokens freed<extra></extra>",
        # A day wide at most: two bars must not fill the plot.
        "width": [0.7 * 86_400_000] * len(days),
        "marker": {"color": palette.faint},
    }


def _names(days: Sequence[Day], palette: Palette) -> list[dict[str, Any]]:
    """Each line's name and last share beside it, moved apart where they would meet."""
    last: dict[str, float] = {}
    for day in days:
        last.update(day.kept)
    names, floor = [], float("inf")
    for kind, share in sorted(last.items(), key=lambda item: -item[1]):
        at = min(share, floor)
        floor = at - LABEL_PIXELS / PLOT_PIXELS
        names.append(
            name_beside(f"{STYLES[kind][0]} {share:.0%}", at, palette.text, yref="y")
        )
    return names
