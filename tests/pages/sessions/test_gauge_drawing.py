"""The gauge of a row is SVG that says in words what it shows."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from tracker.domain.budget.policy import BudgetPolicy
from tracker.domain.budget.status import evaluate
from tracker.pages.sessions.gauge import list_gauge
from tracker.pages.sessions.gauge_drawing import drawing

POLICY = BudgetPolicy()


def drawn(used: int, compact_at: int | None = None) -> ET.Element:
    status = evaluate(POLICY, used, window_tokens=200_000)
    text = drawing(list_gauge(status, POLICY, compact_at), status)
    return ET.fromstring(text.replace(" data-gauge ", " "))  # HTML's, without a value


def marks(svg: ET.Element, name: str) -> list[ET.Element]:
    return [each for each in svg.iter() if each.get("class") == name]


def test_it_holds_what_the_browser_moves():
    svg = drawn(98_000)
    for name in ("g-fill", "g-hot", "g-edge"):
        assert len(marks(svg, name)) == 1, name
    assert marks(svg, "g-fill")[0].get("width") == "44.64%"
    assert len(marks(svg, "g-zone")) == len(marks(svg, "g-line")) - 1 == 3
    assert marks(svg, "g-wall is-quiet") and svg.get("data-share") == "89.29"
    assert svg.get("aria-label") == "50.0 % of 196,000 available tokens used, OK"


def test_a_bar_beyond_its_scale_is_broken():
    svg = drawn(400_000)
    assert svg.get("class") == "gauge is-broken"
    assert marks(svg, "g-wall") and not marks(svg, "g-wall is-quiet")


def test_where_the_client_compacts_is_marked_and_said():
    svg = drawn(98_000, compact_at=150_000)
    assert len(marks(svg, "g-client")) == 1
    assert "the client compacts at 150,000" in svg.get("aria-label", "")
