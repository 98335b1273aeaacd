"""How a compression is seen from outside: what is sent, and what was told of it."""

from __future__ import annotations

from typing import Any

import pytest

SUSPICION = ("suspected", "api", 150_000, 40_000)
GROUPS = pytest.mark.parametrize("at_once", [True, False], ids=["one group", "several"])


def send(recorder: Any, arrivals: list[Any], *, at_once: bool) -> list[Any]:
    """In one group, or each in a group of its own."""
    if at_once:
        return list(recorder.record(arrivals))
    return [recorder.record([arrival])[0] for arrival in arrivals]


def told() -> list[tuple[str, str, int, int]]:
    """Compressions as (trigger, origin, before, after); all counts agree with them."""
    from tracker.models import Compression, HourlyRollup, LLMSession
    from tracker.upkeep.verifying import verify

    assert [str(difference) for difference in verify()] == []
    rows = Compression.objects.order_by("at", "pk")
    found = list(rows.values_list("trigger", "origin", "before_tokens", "after_tokens"))
    sessions = LLMSession.objects.all()
    assert sum(session.compression_count for session in sessions) == len(found)
    assert sum(hour.compressions for hour in HourlyRollup.objects.all()) == len(found)
    return found


def otlp(compression: Any, *, second: float, event_id: str = "log:c") -> Any:
    """A compaction as an event claims it, without what the window holds."""
    return compression(
        "s",
        1_759,
        659,
        second=second,
        event_id=event_id,
        origin="otlp",
        claimed_before_tokens=1_759,
        claimed_after_tokens=659,
    )
