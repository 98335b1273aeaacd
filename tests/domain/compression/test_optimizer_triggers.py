"""When the optimizer compresses, and why it sometimes does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.domain.compression.small_window import SMALL, run
from tests.domain.small_talk import chat, talk


@pytest.mark.parametrize(("count", "trigger"), [(20, ""), (21, "messages")])
def test_more_than_twenty_messages_compress_below_any_share(count, trigger):
    messages = talk(11, words=150)[:count]

    outcome = run(messages, policy=replace(SMALL, window_tokens=100_000))

    assert outcome.trigger == trigger
    assert outcome.compressed == bool(trigger)


@pytest.mark.parametrize(
    ("tokens", "trigger"),
    [(8_499, ""), (8_500, "budget"), (9_500, "critical"), (10_001, "exceeded")],
)
def test_the_budget_compresses_from_its_threshold_on(tokens, trigger):
    few = talk(6, words=20)
    used = run(few).before_tokens
    padding = "x" * int((tokens - used - 4) * 3.5)

    outcome = run([*few, {"role": "user", "content": padding}])

    assert outcome.before_tokens == tokens
    assert outcome.trigger == trigger


def test_system_messages_do_not_count_as_messages():
    system = [{"role": "system", "content": "Be kind."}] * 5

    outcome = run([*system, *talk(10, words=2)])

    assert outcome.trigger == ""


def test_force_compresses_without_a_trigger_and_within_the_cooldown():
    messages = talk(8, words=100)

    outcome = run(messages, force=True, seconds_since_compression=1)

    assert (outcome.compressed, outcome.trigger) == (True, "manual")


def test_too_little_to_win_is_not_forced_into_a_frame():
    messages = talk(5, words=1)

    outcome = run(messages, force=True)

    assert outcome.messages is messages
    assert outcome.skipped == "little_to_reclaim"
    assert outcome.plan.verdict.startswith("nothing to free")


def test_exceeded_does_not_wait_for_the_cooldown():
    assert run(chat(400), seconds_since_compression=0).compressed


def test_a_drop_of_the_level_is_worth_a_small_gain():
    """Otherwise a conversation that could just fit would stay refused."""
    system = "x" * 33_000
    strict = replace(SMALL, min_reclaim_tokens=5_000)

    outcome = run(chat(15), policy=strict, system=system)

    assert outcome.status_before.level == "exceeded"
    assert outcome.compressed
    assert outcome.plan.freed_tokens < 5_000
    assert outcome.status.level != "exceeded"


def test_advice_leaves_the_messages_and_brings_the_plan():
    messages = chat(400)

    outcome = run(messages, policy=replace(SMALL, mode="advise"))

    assert outcome.messages is messages
    assert (outcome.compressed, outcome.skipped) == (False, "advise")
    assert outcome.after_tokens == outcome.before_tokens > 10_000
    assert outcome.plan.after_tokens <= 6_000
    assert outcome.summary == ""
