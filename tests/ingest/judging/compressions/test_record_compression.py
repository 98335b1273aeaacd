"""What a compression leaves in the store: the gauge, the counts, the savings."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.ingest.conftest import NOON


def test_a_compression_sets_the_gauge_and_fires(
    recorder: Any, usage: Any, compression: Any
) -> None:
    from tracker.models import Compression, LLMSession, ThresholdEvent

    recorder.record([usage("s", 190_000, second=0)])

    (answer,) = recorder.record(
        [compression("s", 190_000, 50_000, second=1, sets_gauge=True)]
    )

    session = LLMSession.objects.get()
    assert [(e.from_level, e.to_level) for e in answer.events] == [("critical", "ok")]
    assert (session.used_tokens, session.level) == (50_000, "ok")
    assert (session.compression_count, session.saved_tokens) == (1, 140_000)
    assert session.last_compression_at == NOON + timedelta(seconds=1)
    assert Compression.objects.get().sets_gauge is True
    assert ThresholdEvent.objects.count() == 2
    assert session.sample_count == 1  # a compression adds no sample


def test_a_compression_from_before_the_last_report_leaves_the_gauge(
    recorder: Any, usage: Any, compression: Any
) -> None:
    from tracker.models import Compression, LLMSession

    recorder.record([usage("s", 190_000, second=60)])

    recorder.record([compression("s", 180_000, 9, second=5, sets_gauge=True)])

    assert LLMSession.objects.get().used_tokens == 190_000
    assert Compression.objects.get().sets_gauge is False


def test_advice_is_recorded_and_counts_for_nothing(
    recorder: Any, usage: Any, compression: Any
) -> None:
    from tracker.models import Compression, LLMSession

    recorder.record([usage("s", 100, second=0)])

    recorder.record([compression("s", 100, 10, second=1, is_advice=True)])

    session = LLMSession.objects.get()
    assert (session.compression_count, session.saved_tokens) == (0, 0)
    assert session.used_tokens == 100
    assert Compression.objects.get().is_advice is True


def test_a_compression_that_grew_saves_nothing(recorder: Any, compression: Any) -> None:
    from tracker.models import LLMSession

    recorder.record([compression("s", 10, 100)])

    assert LLMSession.objects.get().saved_tokens == 0
