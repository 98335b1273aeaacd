"""A session's prompt cache, of its stored samples."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.reading.sessions.test_costs import START, Sample, sample, session
from tracker.models import Compression, LLMSession
from tracker.reading.sessions import cache
from tracker.reading.sessions.cache import SessionCache, cache_of

__all__ = ["sample", "session"]  # fixtures; the model reads at $0.10, writes at $1.25
pytestmark = pytest.mark.django_db


def read(found: LLMSession) -> SessionCache:
    told = cache_of(found)
    assert told is not None
    return told


def asked(sample: Sample, minute: int, read: int, written: int, **more: Any) -> None:
    sample(
        minute, used=read + written, cache_read_tokens=read,
        cache_creation_tokens=written, **more,
    )  # fmt: skip


def test_without_cache_numbers_nothing_is_said(
    session: LLMSession, sample: Sample
) -> None:
    sample(0, used=50_000)

    assert cache_of(session) is None


def test_a_break_longer_than_the_cache_lives_is_a_miss(
    session: LLMSession, sample: Sample
) -> None:
    asked(sample, 0, 0, 100_000)
    asked(sample, 40, 0, 100_000)
    asked(sample, 41, 100_000, 0)

    found = read(session)

    (missed,) = found.misses
    assert (missed.miss.reason, missed.miss.tokens) == ("idle", 100_000)
    assert missed.cost == found.cost == Decimal("0.115")
    assert found.read_share == pytest.approx(1 / 3)
    assert (found.held, found.refill) == (100_000, Decimal("0.115"))
    assert found.expires == START + timedelta(minutes=41 + 30)
    assert not found.is_hour_told


def test_helpers_and_other_lanes_have_caches_of_their_own(
    session: LLMSession, sample: Sample
) -> None:
    asked(sample, 0, 0, 100_000)
    asked(sample, 1, 0, 9_000, lane="helper")
    asked(sample, 2, 0, 9_000, implausible="helper_call")
    asked(sample, 3, 100_000, 500)

    assert read(session).miss_count == 0


def test_a_compaction_is_the_reason_and_advice_is_none(
    session: LLMSession, sample: Sample
) -> None:
    asked(sample, 0, 0, 100_000)
    told = {
        "project": session.project, "session": session, "seq": 1, "at": START,
        "performed_by": "client", "trigger": "auto", "before_tokens": 100_000,
        "after_tokens": 40_000,
    }  # fmt: skip
    row = Compression.objects.create(**told | {"at": START + timedelta(minutes=1)})
    asked(sample, 2, 10_000, 30_000)

    (missed,) = read(session).misses
    assert (missed.miss.reason, missed.miss.tokens) == ("compaction", 30_000)
    row.is_advice = True
    row.save()
    (missed,) = read(session).misses
    assert missed.miss.reason == "prefix"


def test_an_hour_that_was_told_lives_on_while_it_is_read(
    session: LLMSession, sample: Sample
) -> None:
    asked(sample, 0, 0, 100_000, cache_hour_tokens=100_000)
    asked(sample, 5, 100_000, 0)

    found = read(session)

    assert found.is_hour_told
    assert found.expires == START + timedelta(minutes=65)


def test_of_a_long_session_the_newest_requests_are_looked_at(
    session: LLMSession, sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "NEWEST_TURNS", 2)
    for minute in (0, 40, 80):
        asked(sample, minute, 0, 100_000)

    found = read(session)

    assert found.is_cut
    assert [each.miss.turn.at for each in found.misses] == [
        START + timedelta(minutes=80)
    ]
