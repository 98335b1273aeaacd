"""When a compression has paid for the cache it rewrote."""

from __future__ import annotations

from tracker.domain.budget.payback import payback


def test_the_example_of_the_rule() -> None:
    found = payback(
        before_tokens=167_000,
        after_tokens=58_000,
        read_tokens=24_000,
        written_tokens=34_000,
    )

    assert (round(found.extra), round(found.saved)) == (28_200, 10_900)
    assert found.after_turns == 3
    assert [found.is_paid(turns) for turns in (0, 2, 3)] == [False, False, True]


def test_what_freed_nothing_never_pays_and_a_cold_cache_pays_at_once() -> None:
    larger = payback(
        before_tokens=9_000, after_tokens=9_000, read_tokens=0, written_tokens=9_000
    )
    cold = payback(
        before_tokens=90_000, after_tokens=9_000, read_tokens=0, written_tokens=0
    )

    assert larger.after_turns is None and not larger.is_paid(1_000)
    assert cold.after_turns == 0 and cold.is_paid(0)
