"""A change is seen within a second, and nothing is read anew without one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


class Loads:
    """Counts how often it was asked."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> int:
        self.count += 1
        return self.count


@pytest.fixture
def clock(store: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    from tracker.reading import config_cache

    now = 100.0

    def advance(seconds: float) -> None:
        nonlocal now
        now += seconds

    class Time:
        @staticmethod
        def monotonic() -> float:
            return now

    monkeypatch.setattr(config_cache, "time", Time)
    return advance


def test_a_change_is_seen_after_a_second_and_the_value_stays_without_one(
    clock: Callable[[float], None], django_assert_num_queries: Any
) -> None:
    from tracker.models import ConfigVersion
    from tracker.reading.config_cache import ConfigCache

    cache = ConfigCache(Loads())

    assert cache.fresh() is None
    assert cache.get() == 1
    ConfigVersion.bump()
    with django_assert_num_queries(0):
        assert (cache.get(), cache.fresh()) == (1, 1)
    clock(1.1)
    assert cache.fresh() is None
    assert cache.get() == 2
    clock(1.1)
    assert cache.get() == 2


def test_what_was_added_to_a_replaced_value_is_lost(
    clock: Callable[[float], None],
) -> None:
    from tracker.models import ConfigVersion
    from tracker.reading.config_cache import ConfigCache

    cache: ConfigCache[dict[str, int]] = ConfigCache(dict)
    before = cache.get()
    ConfigVersion.bump()
    clock(1.1)
    after = cache.get()

    before["late"] = 1

    assert "late" not in after
    assert cache.get() is after


def test_a_forgotten_value_is_loaded_anew(clock: Callable[[float], None]) -> None:
    from tracker.reading.config_cache import ConfigCache

    cache = ConfigCache(Loads())
    cache.get()
    cache.forget()

    assert cache.get() == 2


def test_a_value_that_ages_can_be_renewed_before_anybody_must_wait(
    clock: Callable[[float], None], django_assert_num_queries: Any
) -> None:
    from tracker.models import ConfigVersion
    from tracker.reading.config_cache import ConfigCache

    cache = ConfigCache(Loads())
    assert not cache.is_ageing
    cache.get()
    clock(0.4)
    assert not cache.is_ageing
    clock(0.2)
    assert (cache.is_ageing, cache.fresh()) == (True, 1)
    with django_assert_num_queries(1):
        assert cache.renew() == 1
    assert not cache.is_ageing
    ConfigVersion.bump()
    assert cache.renew() == 2


def test_a_writer_that_has_read_the_version_keeps_values_of_it_alone(
    clock: Callable[[float], None], django_assert_num_queries: Any
) -> None:
    from tracker.models import ConfigVersion
    from tracker.reading.config_cache import ConfigCache, confirm

    cache = ConfigCache(Loads())
    assert cache.get() == 1
    version = ConfigVersion.current()

    confirm(version, 100.9)
    clock(1.8)
    with django_assert_num_queries(0):
        assert cache.get() == 1  # 0.9 s after it was confirmed
    clock(0.2)
    assert cache.fresh() is None

    confirm(version + 1, 101.9)  # of another version, nothing is known here
    assert cache.fresh() is None
