"""A silent source is told once per silence."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

from django.utils import timezone

from tracker.alerts.watching.silence import note_silence
from tracker.models import AlertDelivery, AlertRule, LLMSession


def test_one_message_for_each_silence(project: Any, make_channel: Any) -> None:
    channel = make_channel("https://ops.example/")
    AlertRule.objects.create(
        project=project, channel=channel, name="quiet?", kind="silent", number=30
    )
    now = timezone.now()
    assert note_silence(now) == 0  # nothing ever reported
    session = LLMSession.objects.create(
        project=project, key="s", created_at=now, last_at=now - timedelta(minutes=29)
    )

    assert note_silence(now) == 0
    assert note_silence(now + timedelta(minutes=1)) == 1
    assert note_silence(now + timedelta(minutes=9)) == 0
    session.last_at = now + timedelta(minutes=20)
    session.save()
    assert note_silence(now + timedelta(minutes=51)) == 1

    messages = [row.message for row in AlertDelivery.objects.order_by("pk")]
    assert [m["title"] for m in messages] == ["No report for 30 minutes"] * 2


def test_a_rule_that_is_off_says_nothing(project: Any, make_channel: Any) -> None:
    AlertRule.objects.create(
        project=project, channel=make_channel("https://ops.example/"), name="off",
        kind="silent", number=1, is_on=False,
    )  # fmt: skip
    now = timezone.now()
    LLMSession.objects.create(
        project=project, key="s", created_at=now, last_at=now - timedelta(hours=1)
    )

    assert note_silence(now) == 0


def test_silences_of_a_day_are_told_in_its_digest(
    project: Any, make_channel: Any
) -> None:
    AlertRule.objects.create(
        project=project, channel=make_channel("https://ops.example/"), name="daily",
        kind="silent", number=30, digest_at=time(9),
    )  # fmt: skip
    now = timezone.now()
    LLMSession.objects.create(
        project=project, key="s", created_at=now, last_at=now - timedelta(hours=1)
    )

    assert note_silence(now) == 1
    assert AlertDelivery.objects.get().is_gathered
