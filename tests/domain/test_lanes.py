"""One agent has one lane, by every way in."""

from __future__ import annotations

import pytest

from tracker.domain.lanes import agent_lane


@pytest.mark.parametrize(
    ("agent_id", "lane"),
    [
        ("a0dd232e", "agent-a0dd232e"),
        ("agent-a0dd232e", "agent-a0dd232e"),
        ("x" * 300, "agent-" + "x" * 249),
    ],
)
def test_a_lane_is_called_after_its_agent_s_id(agent_id: str, lane: str) -> None:
    assert agent_lane(agent_id) == lane
