"""Many sessions in memory."""

from __future__ import annotations

import tracemalloc

import pytest

from tests.domain.small_talk import talk
from tracker.domain.budget.policy import BudgetPolicy
from tracker.domain.conversation.message_pieces import MessageError
from tracker.domain.manager import TokenBudgetManager

# Measured: 108 bytes; the session's key is not counted, it is the caller's own.
MOST_BYTES = 150


def test_a_session_is_judged_and_remembered():
    manager = TokenBudgetManager()

    status = manager.update("chat-42", messages=talk(3), system="Be kind.")

    assert manager.status("chat-42") == status
    assert status.parts.system == 3
    assert status.used_tokens == status.parts.total
    assert status.source == "estimated"
    assert (len(manager), list(manager)) == (1, ["chat-42"])


def test_unknown_and_forgotten_sessions_have_no_status():
    manager = TokenBudgetManager()
    manager.update("a", used_tokens=5)

    manager.forget("a")
    manager.forget("never seen")

    assert manager.status("a") is None
    assert len(manager) == 0


def test_what_the_provider_reported_is_the_total():
    manager = TokenBudgetManager()

    status = manager.update(
        "a", used_tokens=10_000, system="x" * 3_500, message_count=30
    )

    assert (status.used_tokens, status.source) == (10_000, "reported")
    assert (status.parts.system, status.parts.unattributed) == (1_000, 9_000)
    assert status.reasons == ("messages",)
    assert manager.status("a") == status


def test_the_window_of_a_report_judges_it():
    manager = TokenBudgetManager()

    small = manager.update("a", used_tokens=9_000, window_tokens=10_000)
    large = manager.update("a", used_tokens=9_000)

    assert (small.level, small.window_source) == ("exceeded", "report")
    assert (large.level, large.window_source) == ("ok", "policy")


def test_each_crossing_is_told_once():
    told = []
    manager = TokenBudgetManager(
        BudgetPolicy(window_tokens=1_000, reserved_tokens=0),
        on_event=lambda session, old, new, status: told.append(
            (session, old, new, status.used_tokens)
        ),
    )

    for used in (799, 800, 810, 790, 800, 960, 770, 800):
        manager.update("a", used_tokens=used)

    assert told == [
        ("a", "ok", "warning", 800),
        ("a", "warning", "critical", 960),
        ("a", "critical", "ok", 770),
        ("a", "ok", "warning", 800),
    ]


def test_a_crossing_is_remembered_even_when_telling_fails():
    def fail(*_):
        raise RuntimeError("listener down")

    manager = TokenBudgetManager(on_event=fail)

    with pytest.raises(RuntimeError):
        manager.update("a", used_tokens=190_000)

    assert manager.status("a").level == "critical"
    assert manager.update("a", used_tokens=190_001).level == "critical"


def test_nonsense_is_refused_and_nothing_remembered():
    manager = TokenBudgetManager()

    with pytest.raises(ValueError, match="0 or more"):
        manager.update("a", used_tokens=-1)
    with pytest.raises(MessageError):
        manager.update("a", messages=["text"])

    assert manager.status("a") is None


def test_a_session_costs_about_two_hundred_bytes():
    names = [f"session-{n}" for n in range(20_000)]
    manager = TokenBudgetManager()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]

    for n, name in enumerate(names):
        manager.update(name, used_tokens=n)

    each = (tracemalloc.get_traced_memory()[0] - before) / len(names)
    tracemalloc.stop()
    print(f"{each:.0f} bytes a session")
    assert each < MOST_BYTES
