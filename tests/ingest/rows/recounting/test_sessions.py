"""Counters kept while writing equal a recount of the rows, whatever happened."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

STEPS = st.tuples(
    st.sampled_from(["a", "b", "c"]),
    st.sampled_from(["usage", "usage", "usage", "lane", "compression", "refused"]),
    st.sampled_from([0, 100_000, 154_000, 157_000, 167_000, 187_000, 200_000]),
    st.integers(min_value=0, max_value=50),  # second: late ones too
    st.one_of(st.none(), st.integers(min_value=1, max_value=8)),  # event id
)
GROUPS = st.lists(st.lists(STEPS, min_size=1, max_size=6), min_size=1, max_size=6)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(groups=GROUPS)
def test_counts_events_and_seq_equal_a_recount(
    groups: list[list[Any]], project: Any, usage: Any, compression: Any
) -> None:
    from tracker.domain.budget.status import LEVELS
    from tracker.ingest.judging.record import Recorder
    from tracker.models import (
        Compression,
        LLMSession,
        Project,
        SessionLane,
        ThresholdEvent,
        UsageSample,
    )

    LLMSession.objects.all().delete()
    zero = dict.fromkeys((f"{level}_count" for level in LEVELS), 0)
    Project.objects.update(last_seq=0, **zero)
    recorder = Recorder()

    for group in groups:
        recorder.record([_arrival(step, usage, compression) for step in group])

    found = Project.objects.get()
    for level in LEVELS:
        recount = LLMSession.objects.filter(level=level).count()
        assert getattr(found, f"{level}_count") == recount, level
    for session in LLMSession.objects.all():
        samples = UsageSample.objects.filter(session=session)
        events = ThresholdEvent.objects.filter(session=session).order_by("seq")
        real = Compression.objects.filter(session=session, is_advice=False)
        assert session.sample_count == samples.filter(lane="main").count()
        assert session.event_count == len(events)
        assert session.compression_count == real.count()
        levels = ["ok"]
        for event in events:
            assert event.from_level == levels[-1] != event.to_level
            levels.append(event.to_level)
        assert session.event_level == levels[-1]
    for lane in SessionLane.objects.all():
        own = UsageSample.objects.filter(session=lane.session, lane=lane.name)
        assert lane.sample_count == own.count()
    seqs = [
        *ThresholdEvent.objects.values_list("seq", flat=True),
        *Compression.objects.values_list("seq", flat=True),
    ]
    assert sorted(seqs) == list(range(1, found.last_seq + 1))


def _arrival(step: Any, usage: Any, compression: Any) -> Any:
    session, kind, used, second, event = step
    event_id = None if event is None else f"e{event}"
    if kind == "compression":
        return compression(
            session, 190_000, used, second=second, event_id=event_id, sets_gauge=True
        )
    more = {"lane": {"lane": "helper"}, "refused": {"window_tokens": 1_000}}
    return usage(session, used, second=second, event_id=event_id, **more.get(kind, {}))
