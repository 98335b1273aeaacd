"""A rule's messages of a day become one; each is told once."""

from __future__ import annotations

import json
from datetime import time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from tracker.alerts import outbox
from tracker.models import AlertDelivery, AlertRule

pytestmark = pytest.mark.usefixtures("private_targets")


def gathered(channel: Any, count: int, *, due: Any) -> AlertRule:
    rule = AlertRule.objects.create(
        project=channel.project, channel=channel, name="Daily", kind="level",
        digest_at=time(9),
    )  # fmt: skip
    for number in range(count):
        AlertDelivery.objects.create(
            project=channel.project, channel=channel, rule=rule, about=f"e {number}",
            message={"title": f"S{number} is at 96 %", "text": "Critical.",
                     "rule": "Daily", "kind": "event"},
            created_at=timezone.now(), due_at=due, is_gathered=True,
        )  # fmt: skip
    return rule


def test_the_due_ones_of_a_rule_are_one_message(
    receiver: Any, make_channel: Any
) -> None:
    hook, now = receiver(), timezone.now()
    channel = make_channel(hook.url)
    gathered(channel, 23, due=now)
    gathered(channel, 1, due=now)
    gathered(channel, 2, due=now + timedelta(hours=3))

    while outbox.deliver_due(now):
        pass

    bodies = [json.loads(body) for _, body in hook.got]
    assert sorted(body["title"] for body in bodies) == [
        "23 alerts of “Daily”",
        "S0 is at 96 %",
    ]
    [digest] = [body for body in bodies if body["kind"] == "digest"]
    assert digest["count"] == 23 and "S19 is at 96 %" in digest["text"]
    assert digest["text"].endswith("… and 3 more.")
    assert digest["url"].endswith("/alerts/")
    assert AlertDelivery.objects.filter(state="sent").count() == 24
    assert AlertDelivery.objects.filter(state="waiting").count() == 2


def test_a_digest_that_fails_is_tried_again_as_one(
    receiver: Any, make_channel: Any
) -> None:
    hook, now = receiver(503, 200), timezone.now()
    gathered(make_channel(hook.url), 3, due=now)

    outbox.deliver_due(now)
    outbox.deliver_due(now + timedelta(hours=1))

    first, second = (json.loads(body) for _, body in hook.got)
    assert first["id"] == second["id"] and second["count"] == 3
