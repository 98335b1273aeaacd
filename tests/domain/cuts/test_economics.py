"""What requests cost with a prompt cache, and when a compression has paid."""

from __future__ import annotations

from typing import Any

import pytest

from tests.domain.cuts.prompt_cache import Part, PromptCache
from tests.domain.small_talk import optimize, talk
from tracker.domain.compression.optimized_context import OptimizeRequest
from tracker.domain.compression.optimizer import optimize as optimized
from tracker.domain.cuts.economics import turns_to_pay_back

LONG, MORE = Part(b"long", 10_000), Part(b"more", 100)


def test_what_was_sent_is_read_and_what_is_new_is_written() -> None:
    cache = PromptCache()

    costs = [
        cache.request([LONG], 0),
        cache.request([LONG], 300),
        cache.request([LONG, MORE], 600),
        cache.request([LONG, MORE], 901),  # expired
    ]

    assert costs == pytest.approx([12_500, 1_000, 1_125, 12_625])
    assert cache.cost == pytest.approx(sum(costs))
    assert (cache.read_tokens, cache.written_tokens) == (20_000, 20_200)


def test_a_change_in_front_writes_everything_behind_it_anew() -> None:
    cache = PromptCache()
    cache.request([MORE, LONG], 0)

    assert cache.request([MORE, Part(b"other", 5_000), LONG], 1) == pytest.approx(
        10 + 1.25 * 15_000
    )


def test_a_short_prompt_is_not_cached() -> None:
    cache = PromptCache()

    assert [cache.request([MORE], at) for at in (0, 1)] == [100, 100]


@pytest.mark.parametrize(
    ("freed", "written", "turns"),
    [(54_000, 110_000, 24), (100_000, 50_000, 6), (1, 0, 0), (0, 10, None)],
)
def test_turns_to_pay_back(freed: int, written: int, turns: int | None) -> None:
    assert turns_to_pay_back(freed, written) == turns


def _judged(messages: Any, **more: Any) -> tuple[bool, str | None]:
    request = OptimizeRequest("s", messages, is_cache_warm=True, **more)
    done = optimized(request)
    return done.compressed, done.skipped


def test_a_count_alone_waits_while_the_cache_is_warm() -> None:
    messages = talk(30)

    assert _judged(messages) == (False, "cache_warm")
    assert _judged(messages, force=True) == (True, None)
    assert _judged(talk(15, words=4)) == (True, None)  # too short for a cache
    assert _judged(messages, window_tokens=14_000) == (True, None)  # the budget asks
    assert optimize(messages, window=200_000).compressed  # nothing is held


def test_it_is_said_why_it_waits() -> None:
    done = optimized(OptimizeRequest("s", talk(30), is_cache_warm=True))

    assert done.warnings[-1].startswith("It waits until the provider's cache")
