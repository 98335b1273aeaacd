"""Counts that differ from what the provider reports are told once a day for a model."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.default_policy import make_default_policy
from tracker.alerts.watching.diverging import note_diverging
from tracker.models import AlertDelivery, AlertRule, Comparison, LLMSession

NOW = timezone.now().replace(hour=12)


@pytest.fixture(autouse=True)
def policy(store: None) -> None:
    make_default_policy()


@pytest.fixture
def compared(project: Any) -> Any:
    """`compared("key", reported=…)`: its newest request, counted as 5,000 tokens."""

    def make(key: str, *, reported: int, model: str = "house-9", ago: float = 0) -> Any:
        at = NOW - timedelta(minutes=ago)
        session = LLMSession.objects.create(
            project=project, key=key, created_at=at, last_at=at, model=model
        )
        return Comparison.objects.create(
            project_id=project.pk, session=session, lane="main", model=model,
            counter="characters by script", system_tokens=100, history_tokens=4_800,
            user_context_tokens=0, tools_tokens=100, reported_tokens=reported,
            cached_tokens=0, at=at, is_anchor=True,
        )  # fmt: skip

    return make


@pytest.fixture
def rule(project: Any, make_channel: Any) -> AlertRule:
    channel = make_channel("https://ops.example/")
    return AlertRule.objects.create(
        project=project, channel=channel, name="counts", kind="diverging"
    )


def test_a_model_is_told_once_a_day_with_the_likely_cause(
    rule: AlertRule, compared: Any
) -> None:
    compared("fits", reported=5_200)
    assert note_diverging(NOW) == 0
    compared("a", reported=9_000)
    compared("b", reported=9_100)
    compared("other", reported=20_000, model="house-10")

    assert note_diverging(NOW) == 2
    assert note_diverging(NOW + timedelta(minutes=1)) == 0

    told = {row.message["title"]: row.message for row in AlertDelivery.objects.all()}
    assert sorted(title.split(":")[0] for title in told) == ["house-10", "house-9"]
    nine = next(m for title, m in told.items() if title.startswith("house-9:"))
    assert nine["title"].startswith("house-9: 1.8") and "tokenizer" in nine["text"]
    assert nine["page"][0] == "session"

    compared("tomorrow", reported=9_000, ago=-24 * 60)
    assert note_diverging(NOW + timedelta(days=1)) == 1


def test_old_requests_other_models_and_rules_that_are_off_tell_nothing(
    rule: AlertRule, compared: Any
) -> None:
    compared("old", reported=9_000, ago=90)
    assert note_diverging(NOW) == 0
    compared("new", reported=9_000)
    rule.model_pattern = "claude-*"
    rule.save()
    assert note_diverging(NOW) == 0
    rule.model_pattern, rule.is_on = "house-*", False
    rule.save()
    assert note_diverging(NOW) == 0
