"""A report that crosses a threshold leaves its alerts behind, in one transaction."""

from __future__ import annotations

from typing import Any

import pytest

from tests.alerts.conftest import Receiver
from tracker.changes.alerts import save_alert
from tracker.models import AlertChannel, AlertDelivery, AlertRule, ThresholdEvent

FULL, HALF, OVER = ({"history": n} for n in (190_000, 98_000, 300_000))


@pytest.fixture
def make_rule(project: Any) -> Any:
    def make(kind: str, *, target: str = "https://ops.example/", **fields: Any) -> Any:
        channel = AlertChannel.objects.create(
            project=project, name="ops", kind="webhook", target=target,
            site_address="https://ops.example/",
        )  # fmt: skip
        rule = AlertRule(
            project=project, channel=channel, name=kind, kind=kind, **fields
        )
        save_alert(rule)
        return rule

    return make


def told() -> list[tuple[str, str]]:
    rows = AlertDelivery.objects.order_by("pk").select_related("rule")
    return [(row.rule.kind, row.about) for row in rows if row.rule]


async def test_one_message_per_crossing_whatever_is_reported_in_between(
    api: Any, in_db: Any, make_rule: Any
) -> None:
    await in_db(lambda: make_rule("level", level="critical"))

    for tokens in (FULL, {"history": 186_000}, {"history": 187_000}, FULL):
        await api.post("/usage", {"session": "s", "tokens": tokens})
    assert await in_db(told) == [("level", "event 1")]

    await api.post("/usage", {"session": "s", "tokens": HALF})
    await api.post("/usage", {"session": "s", "tokens": FULL})
    assert await in_db(told) == [("level", "event 1"), ("level", "event 3")]


async def test_the_message_says_what_happened(
    api: Any, in_db: Any, make_rule: Any
) -> None:
    await in_db(lambda: make_rule("level"))
    body = {"session": "s", "title": "Fix tests", "tokens": FULL}
    await api.post("/usage", body)

    row = await in_db(AlertDelivery.objects.get)

    assert row.message["title"] == "Fix tests is at 96.9 %"
    assert row.message["text"] == (
        "ok → critical: 190,000 of 196,000 available tokens."
    )
    assert row.message["page"][0] == "session" and row.message["session"] == "s"
    assert row.message["rule"] == "level"


async def test_filters_and_other_projects_are_left_alone(
    api: Any, in_db: Any, make_rule: Any, stranger_key: str
) -> None:
    await in_db(lambda: make_rule("level", model_pattern="gpt-*"))

    await api.post("/usage", {"session": "a", "model": "my-model", "tokens": OVER})
    await api.post("/usage", {"session": "b", "model": "gpt-5", "tokens": OVER})
    theirs = {"session": "c", "model": "gpt-5", "tokens": OVER}
    await api.post("/usage", theirs, key=stranger_key)

    rows = await in_db(lambda: list(AlertDelivery.objects.all()))
    assert [row.message["session"] for row in rows] == ["b"]


async def test_a_repeated_report_and_an_old_one_alert_nobody_again(
    api: Any, in_db: Any, make_rule: Any
) -> None:
    await in_db(lambda: make_rule("level"))

    for _ in range(2):
        await api.post("/usage", {"session": "s", "event_id": "e", "tokens": FULL})
    await api.post(
        "/usage", {"session": "old", "at": "2020-01-01T00:00:00Z", "tokens": FULL}
    )

    assert await in_db(ThresholdEvent.objects.count) == 2
    assert await in_db(told) == [("level", "event 1")]


async def test_compressions_are_told_by_score_target_and_flag(
    api: Any, in_db: Any, make_rule: Any
) -> None:
    kinds = ("missed", "flagged", "suspected")
    await in_db(lambda: [make_rule(kind) for kind in kinds])
    made = await api.post(
        "/sessions/s/compressions",
        {"before_tokens": 100_000, "after_tokens": 90_000, "target_tokens": 50_000},
    )
    pk = made.json()["compression"]["id"]
    assert await in_db(told) == [("missed", "compression 1")]

    await api.post(f"/compressions/{pk}/review", {"review": "flagged", "note": "lost"})

    rows = await in_db(told)
    assert [kind for kind, _ in rows] == ["missed", "flagged"]
    newest = await in_db(AlertDelivery.objects.order_by("pk").last)
    assert newest.message["text"] == "lost"


async def test_a_lost_instruction_is_told_and_lost_numbers_alone_are_not(
    api: Any, in_db: Any, make_rule: Any
) -> None:
    await in_db(lambda: make_rule("lost"))
    said = "Port the service. Never write to the production database."
    after = [{"role": "user", "content": "The service is ported."}]
    sizes = {"before_tokens": 9_000, "after_tokens": 900}
    for session, words in (("a", said), ("b", "Read src/billing/port.py, line 42.")):
        before = [{"role": "user", "content": words}]
        body = {**sizes, "before": before, "after": after}
        answer = await api.post(f"/sessions/{session}/compressions", body)
        assert answer.status_code == 201

    row = await in_db(AlertDelivery.objects.get)

    assert row.message["session"] == "a" and row.message["instructions_lost"] == 1
    assert row.message["title"] == "a: an instruction was lost"
    assert "an instruction among them" in row.message["text"]
    assert "production" not in str(row.message)  # what was said stays on the page
    assert row.message["page"][0] == "compression"


async def test_without_rules_a_report_writes_no_row(api: Any, in_db: Any) -> None:
    await api.post("/usage", {"session": "s", "tokens": FULL})

    assert await in_db(AlertDelivery.objects.count) == 0


async def test_a_report_is_answered_before_its_alert_is_delivered(
    api: Any, in_db: Any, make_rule: Any, settings: Any
) -> None:
    from tracker.alerts.outbox import deliver_due

    settings.ALERT_PRIVATE_TARGETS = True
    hook = Receiver()
    try:
        await in_db(lambda: make_rule("level", target=hook.url))
        answer = await api.post("/usage", {"session": "s", "tokens": FULL})
        assert answer.status_code == 201 and hook.got == []

        await in_db(deliver_due)

        assert len(hook.got) == 1
    finally:
        hook.close()
