"""429: a key that may send only so many reports a minute."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.clock import Clock

ONE = {"session": "s", "tokens": {"history": 1}}


def grant(limit: int | None) -> Any:
    from tracker.api.keys.keyring import KeyGrant

    expires: datetime | None = None
    return KeyGrant(1, 1, frozenset(("ingest",)), expires, limit)


async def test_reports_beyond_the_limit_are_refused_and_not_stored(
    api: Any, key_with: Any, in_db: Any
) -> None:
    from tracker.models import UsageSample

    slow = await key_with("ingest", rate_limit_per_minute=3)

    first = await api.post("/usage", [ONE, ONE], key=slow)
    second = await api.post("/usage", ONE, key=slow)
    third = await api.post("/usage", ONE, key=slow)
    other = await api.post("/usage", ONE)

    assert (first.status_code, second.status_code) == (200, 201)
    assert third.status_code == 429
    assert 1 <= int(third.headers["Retry-After"]) <= 20
    assert "3 reports a minute" in third.json()["error"]["message"]
    assert other.status_code == 201
    assert await in_db(UsageSample.objects.count) == 4


async def test_bodies_that_store_nothing_cost_nothing(api: Any, key_with: Any) -> None:
    slow = await key_with("ingest", rate_limit_per_minute=1)

    for _ in range(3):
        assert (await api.post("/usage", {}, key=slow)).status_code == 422

    assert (await api.post("/usage", ONE, key=slow)).status_code == 201


async def test_reads_are_not_limited(api: Any, key_with: Any) -> None:
    slow = await key_with("read", rate_limit_per_minute=1)

    for _ in range(3):
        assert (await api.get("/sessions", key=slow)).status_code == 200


async def test_optimize_and_compressions_count_as_one_report(
    api: Any, key_with: Any
) -> None:
    slow = await key_with("ingest", "optimize", rate_limit_per_minute=1)
    numbers = {"before_tokens": 9, "after_tokens": 5}

    taken = await api.post("/sessions/s/compressions", numbers, key=slow)
    refused = await api.post("/sessions/s/optimize", {"messages": []}, key=slow)

    assert taken.status_code == 201
    assert refused.status_code == 429


def test_the_bucket_refills_evenly_and_holds_one_minute() -> None:
    from tracker.api.errors import ApiError
    from tracker.api.keys.rate_limit import RateLimiter

    clock = Clock()
    limiter = RateLimiter(clock)
    limiter.take(grant(60), 60)

    clock.now += 10
    limiter.take(grant(60), 10)
    with pytest.raises(ApiError) as refused:
        limiter.take(grant(60), 5)
    clock.now += 3600
    limiter.take(grant(60), 60)
    with pytest.raises(ApiError):
        limiter.take(grant(60), 1)

    assert refused.value.retry_after == 5


def test_a_batch_larger_than_the_limit_passes_once_and_is_paid_off() -> None:
    from tracker.api.errors import ApiError
    from tracker.api.keys.rate_limit import RateLimiter

    clock = Clock()
    limiter = RateLimiter(clock)
    limiter.take(grant(10), 30)

    clock.now += 119
    with pytest.raises(ApiError):
        limiter.take(grant(10), 1)
    clock.now += 8
    limiter.take(grant(10), 1)


def test_no_limit_never_refuses_and_a_limit_of_zero_always_does() -> None:
    from tracker.api.errors import ApiError
    from tracker.api.keys.rate_limit import RateLimiter

    limiter = RateLimiter(Clock())
    for _ in range(100):
        limiter.take(grant(None), 1_000)

    with pytest.raises(ApiError) as refused:
        limiter.take(grant(0), 1)

    assert refused.value.retry_after == 60
