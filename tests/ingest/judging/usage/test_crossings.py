"""When a session's level changes, and that it fires once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.ingest.conftest import NOON


def test_events_fire_at_the_samples_own_time(recorder: Any, usage: Any) -> None:
    from tracker.models import ThresholdEvent

    recorder.record([usage("s", 163_000, second=-86_400)])

    assert ThresholdEvent.objects.get().at == NOON - timedelta(days=1)


def test_a_jump_over_several_levels_is_one_event(recorder: Any, usage: Any) -> None:
    from tracker.models import ThresholdEvent

    recorder.record([usage("s", 1, second=0), usage("s", 197_000, second=1)])

    (event,) = ThresholdEvent.objects.values_list("from_level", "to_level")
    assert event == ("ok", "exceeded")


def test_trembling_at_a_threshold_fires_once(recorder: Any, usage: Any) -> None:
    from tracker.models import LLMSession, ThresholdEvent

    walk = [156_800, 156_799, 156_800, 153_000, 156_900, 152_880, 152_879]

    for second, used in enumerate(walk):
        recorder.record([usage("s", used, second=second)])

    events = list(ThresholdEvent.objects.order_by("pk").values_list("used_tokens"))
    assert events == [(156_800,), (152_879,)]
    assert LLMSession.objects.get().level == "ok"


def test_a_lane_has_its_own_gauge_and_fires_nothing(recorder: Any, usage: Any) -> None:
    from tracker.models import LLMSession, SessionLane, ThresholdEvent

    recorder.record([usage("s", 5, second=0), usage("s", 190_000, second=1, lane="b")])

    session, lane = LLMSession.objects.get(), SessionLane.objects.get()
    assert (session.used_tokens, session.sample_count) == (5, 1)
    assert (lane.name, lane.used_tokens, lane.level) == ("b", 190_000, "critical")
    assert lane.sample_count == 1
    assert ThresholdEvent.objects.count() == 0
