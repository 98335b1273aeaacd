"""A budget that is passed is told once a month."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tracker.alerts.outbox import forget_old
from tracker.alerts.watching.spending import note_spending
from tracker.models import AlertDelivery, AlertRule, LLMSession, UsageSample

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.fixture
def spend(project: Any) -> Any:
    """`spend(at)`: a request of 1,000,000 tokens for $5."""

    def ask(at: datetime, model: str = "claude-opus-4-5") -> None:
        session, _ = LLMSession.objects.get_or_create(
            project=project, key="s",
            defaults={"created_at": at, "changed_us": int(NOW.timestamp() * 1e6)},
        )  # fmt: skip
        UsageSample.objects.create(
            project=project, session=session, at=at, model=model,
            event_id=f"e{UsageSample.objects.count()}", used_tokens=1_000_000,
            system_tokens=0, history_tokens=1_000_000, user_context_tokens=0,
            tools_tokens=0, unattributed_tokens=0, input_tokens=1_000_000,
            window_tokens=1_000_000, window_source="default",
            available_tokens=996_000, level="ok", source="reported", origin="api",
        )  # fmt: skip

    return ask


@pytest.fixture
def rule(project: Any, make_channel: Any) -> AlertRule:
    return AlertRule.objects.create(
        project=project, channel=make_channel("https://ops.example/"), name="budget",
        kind="spend", number=10,
    )  # fmt: skip


def test_a_month_is_told_once(rule: AlertRule, spend: Any) -> None:
    spend(NOW - timedelta(days=30))  # October
    spend(NOW - timedelta(days=2))

    assert note_spending(NOW) == 0
    spend(NOW - timedelta(days=1))
    assert note_spending(NOW) == 1
    spend(NOW - timedelta(hours=1))
    assert note_spending(NOW) == 0

    (row,) = AlertDelivery.objects.all()
    assert row.message["title"] == "November has cost $10.00 of $10.00"
    assert "it will be $32.50" in row.message["text"]  # $5 a day for 4.5 days
    assert (row.message["spent_usd"], row.rule_id) == (10.0, rule.pk)


def test_the_next_month_is_another(rule: AlertRule, spend: Any) -> None:
    for days in (0, 1, 30, 31):
        spend(NOW - timedelta(days=days, hours=1))

    assert note_spending(NOW - timedelta(days=29)) == 1
    assert note_spending(NOW) == 1


def test_only_the_models_of_the_rule_count(rule: AlertRule, spend: Any) -> None:
    AlertRule.objects.update(model_pattern="claude-haiku*")
    for _ in range(3):
        spend(NOW - timedelta(days=1))

    assert note_spending(NOW) == 0


def test_a_rule_that_is_off_says_nothing(rule: AlertRule, spend: Any) -> None:
    AlertRule.objects.update(is_on=False)
    for _ in range(3):
        spend(NOW - timedelta(days=1))

    assert note_spending(NOW) == 0


def test_the_last_day_of_a_long_month_tells_nothing_again(
    rule: AlertRule, spend: Any
) -> None:
    first = datetime(2026, 10, 1, 6, tzinfo=UTC)
    last = datetime(2026, 10, 31, 18, tzinfo=UTC)
    spend(first - timedelta(hours=1))
    spend(first - timedelta(hours=2))
    assert note_spending(first) == 1
    AlertDelivery.objects.update(state="sent")

    assert forget_old(last) == 0
    assert note_spending(last) == 0
    assert forget_old(last + timedelta(days=1)) == 1
