"""The mockups' colours for plotly, which cannot read the stylesheet's tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# The steady parts first.
PART_WORDS = {
    "system": "System",
    "tools": "Tools",
    "user_context": "User context",
    "history": "History",
    "unattributed": "Unattributed",
}
PART_NAMES = tuple(PART_WORDS)


@dataclass(frozen=True, slots=True)
class Palette:
    parts: tuple[str, ...]  # in the order of PART_NAMES
    history_fill: str
    surface: str
    text: str
    faint: str
    grid: str
    line: str
    levels: dict[str, str]


DARK = Palette(
    parts=("#a3adff", "#a27fe8", "#5fc6de", "#4478d8", "#7b8593"),
    history_fill="rgba(68,120,216,.5)",
    surface="#111317",
    text="#b5bbc5",
    faint="#9098a4",
    grid="#1c2026",
    line="#353b44",
    levels={
        "ok": "#3d9d88",
        "warning": "#dcb93c",
        "compress": "#ef8f3c",
        "critical": "#f2594f",
        "exceeded": "#e26fd0",
    },
)
LIGHT = Palette(
    parts=("#3d47b5", "#8458cf", "#0f86a5", "#5c8df0", "#8b94a2"),
    history_fill="rgba(92,141,240,.5)",
    surface="#ffffff",
    text="#434b57",
    faint="#5a6371",
    grid="#eceff2",
    line="#cdd2d9",
    levels={
        "ok": "#16826e",
        "warning": "#ad7c00",
        "compress": "#d4660f",
        "critical": "#cc2539",
        "exceeded": "#9c2097",
    },
)
PALETTES = {"dark": DARK, "light": LIGHT}
FONT = (
    '-apple-system, BlinkMacSystemFont, "Segoe UI", Inter, Roboto, "Noto Sans", '
    '"Liberation Sans", system-ui, sans-serif'
)


def name_beside(text: str, y: float, colour: str, **more: Any) -> dict[str, Any]:
    """An annotation right of the plot, its middle at the height `y`.

    Plain text: bold would be an inline style, which the content policy refuses.
    """
    return {
        "text": text,
        "showarrow": False,
        "xref": "paper",
        "x": 1,
        "xanchor": "left",
        "xshift": 10,
        "y": y,
        "yanchor": "middle",
        "font": {"color": colour},
        **more,
    }


def base_layout(palette: Palette) -> dict[str, Any]:
    axis = {
        "gridcolor": palette.grid,
        "linecolor": palette.line,
        "tickfont": {"color": palette.faint},
        "zeroline": False,
        "fixedrange": True,
        "automargin": True,
        "ticks": "",
    }
    return {
        "paper_bgcolor": palette.surface,
        "plot_bgcolor": palette.surface,
        "font": {"family": FONT, "size": 11, "color": palette.text},
        "margin": {"t": 22, "r": 8, "b": 30, "l": 0},
        "showlegend": False,
        "hovermode": "x",
        "hoverlabel": {"align": "left"},
        "autotypenumbers": "strict",
        "dragmode": "zoom",
        "autosize": True,
        "xaxis": {**axis, "showgrid": False},
        "yaxis": {**axis, "side": "right"},
    }
