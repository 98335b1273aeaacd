"""Each figure holds what plotly knows, under the names that plotly has for it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import plotly.graph_objects as go
import pytest

from tracker.models.rollups import SUMS
from tracker.pages.charts.fleet_data import HOUR, Step, TimeRange
from tracker.pages.charts.fleet_history import fleet_figures
from tracker.pages.charts.retention_history import Day, retention_history

START = datetime(2026, 11, 1, tzinfo=UTC)


def fleet() -> list[dict[str, Any]]:
    hours = [START + n * HOUR for n in (0, 1, 2, 5)]
    steps = [Step(at, Counter(dict.fromkeys(SUMS, 3))) for at in hours]
    span = TimeRange(START, START + timedelta(days=1), HOUR)
    return list(fleet_figures(steps, span, theme="dark").values())


def retention() -> list[dict[str, Any]]:
    days = [Day(date(2026, 11, n), 900, {"path": 0.5}) for n in (1, 2)]
    return [retention_history(days, theme="light")]


@pytest.mark.parametrize("make", [fleet, retention])
def test_plotly_knows_every_part_of_the_figures(make: Any) -> None:
    for figure in make():
        known_to_plotly(figure)


def test_plotly_knows_every_part_of_a_sessions_figure(
    member: Any, make_session: Any
) -> None:
    session = make_session("drawn", used=150_000)

    for axis in ("turns", "time"):
        address = f"/sessions/{session.pk}/figure.json?axis={axis}"
        known_to_plotly(member.get(address).json()["figure"])


def known_to_plotly(figure: dict[str, Any]) -> None:
    """Raises ValueError for a name or a value that plotly refuses."""
    checked = go.Figure(figure).to_plotly_json()
    assert len(checked["data"]) == len(figure["data"]) > 0
    assert set(figure["layout"]) <= set(checked["layout"])


def test_plotly_refuses_a_name_that_it_does_not_know() -> None:
    with pytest.raises(ValueError, match="colour"):
        known_to_plotly({"data": [{"type": "bar", "colour": "red"}], "layout": {}})
