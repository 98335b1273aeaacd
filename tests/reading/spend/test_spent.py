"""What a session spent is what its samples say; a month's sum is a moment old."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tracker.domain.budget.policy import BudgetPolicy
from tracker.models import LLMSession, UsageSample
from tracker.reading.spend.spent import (
    MANY_SAMPLES,
    SESSION_SECONDS,
    MonthSums,
    SessionSums,
    month_sums,
    spent_of,
)

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
ALL = BudgetPolicy(
    gateway_session_tokens=1, gateway_session_dollars=1, gateway_month_dollars=1
)


@pytest.fixture
def ask(project: Any) -> Any:
    """`ask("s")`: a request of 1,000,000 tokens for $5 and 1,000 of output."""

    def make(key: str, at: datetime = NOW, input_tokens: int | None = 10**6) -> None:
        session, _ = LLMSession.objects.get_or_create(
            project=project, key=key,
            defaults={"created_at": at, "changed_us": int(NOW.timestamp() * 1e6)},
        )  # fmt: skip
        UsageSample.objects.create(
            project=project, session=session, at=at, model="claude-opus-4-5",
            event_id=f"e{UsageSample.objects.count()}", used_tokens=70_000,
            system_tokens=0, history_tokens=70_000, user_context_tokens=0,
            tools_tokens=0, unattributed_tokens=0, input_tokens=input_tokens,
            output_tokens=None if input_tokens is None else 0,
            window_tokens=1_000_000, window_source="default",
            available_tokens=996_000, level="ok", source="reported", origin="api",
        )  # fmt: skip

    return make


def test_a_session_is_summed_and_no_other(project: Any, ask: Any) -> None:
    for key in ("a", "a", "b"):
        ask(key)
    ask("a", input_tokens=None)  # estimated: 70,000 tokens, no price

    found = spent_of(project.pk, "a", ALL)

    assert found.session_tokens == 2_070_000
    assert found.session_dollars == Decimal(10)
    assert found.session_id == LLMSession.objects.get(key="a").pk


def test_what_is_not_limited_is_not_asked_for(
    project: Any, ask: Any, django_assert_num_queries: Any
) -> None:
    ask("a")
    with django_assert_num_queries(2):
        spent_of(project.pk, "a", BudgetPolicy(gateway_session_tokens=5))
    assert spent_of(project.pk, "never", ALL).session_id is None


def test_a_month_is_summed_again_after_a_while_and_when_it_is_over(
    project: Any, ask: Any
) -> None:
    passed = 100.0
    sums = MonthSums(clock=lambda: passed)
    ask("a", NOW - timedelta(days=30))  # October
    ask("a")

    assert sums.of(project.pk, NOW + timedelta(hours=1)) == Decimal(5)
    ask("b")
    assert sums.of(project.pk, NOW + timedelta(hours=1)) == Decimal(5)
    passed += 31
    assert sums.of(project.pk, NOW + timedelta(hours=1)) == Decimal(10)
    assert sums.of(project.pk, NOW + timedelta(days=30)) == Decimal(0)


def test_who_knows_an_older_sum_does_not_wait_for_the_new_one(
    project: Any, ask: Any
) -> None:
    passed = 100.0
    sums = MonthSums(clock=lambda: passed)
    ask("a")
    sums.of(project.pk, NOW + timedelta(hours=1))
    passed += 31

    with sums._summing:  # another thread sums
        assert sums.of(project.pk, NOW + timedelta(hours=1)) == Decimal(5)


def test_nobody_waits_for_the_sum_of_another_project(project: Any, ask: Any) -> None:
    sums = MonthSums()
    ask("a")

    with sums._summing:  # another thread sums another project's
        assert not sums.knows(project.pk, NOW)
        assert sums.of(project.pk, NOW + timedelta(hours=1)) == Decimal(5)

    assert sums.knows(project.pk, NOW)
    assert not sums.knows(project.pk, NOW + timedelta(days=30))


@pytest.fixture(autouse=True)
def nothing_known() -> None:
    month_sums.forget_all()


def test_a_long_session_is_summed_again_after_a_while_only(
    project: Any, ask: Any, django_assert_num_queries: Any
) -> None:
    now = [100.0]
    sums, limits = SessionSums(lambda: now[0]), BudgetPolicy(gateway_session_tokens=5)
    ask("long")
    session = LLMSession.objects.get(key="long")
    session.sample_count = MANY_SAMPLES

    assert sums.of(session, limits)[0] == 10**6
    ask("long")
    with django_assert_num_queries(0):
        assert sums.of(session, limits)[0] == 10**6
    now[0] += SESSION_SECONDS
    assert sums.of(session, limits)[0] == 2 * 10**6

    session.sample_count -= 1
    ask("long")
    assert sums.of(session, limits)[0] == 3 * 10**6
