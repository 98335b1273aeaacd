"""POST /api/v1/usage: one report is stored, judged and answered."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.intake.request_bodies import REPORT


async def test_a_report_is_stored_judged_and_answered(api: Any, in_db: Any) -> None:
    from tracker.models import LLMSession, ThresholdEvent, UsageSample

    response = await api.post(
        "/usage",
        REPORT
        | {
            "tokens": {
                "system": 2000,
                "history": 157_172,
                "user_context": 3000,
                "tools": 900,
            }
        },
    )

    assert response.status_code == 201
    body = response.json()
    assert body["budget"]["level"] == "warning"
    assert body["budget"]["used_ratio"] == 0.832
    assert body["budget"]["warning"] == (
        "83.2 % of 196,000 available tokens used; 3,528 more until compression "
        "becomes due at 85 %."
    )
    assert [e["to_level"] for e in body["events"]] == ["warning"]

    def rows() -> tuple[Any, ...]:
        session = LLMSession.objects.get()
        return (
            session.key,
            session.level,
            session.sample_count,
            UsageSample.objects.get().history_tokens,
            ThresholdEvent.objects.get().to_level,
            session.project.warning_count,
        )

    assert await in_db(rows) == ("chat-42", "warning", 1, 157_172, "warning", 1)


async def test_posting_the_same_report_twice_changes_nothing(
    api: Any, in_db: Any
) -> None:
    from tracker.models import LLMSession, ThresholdEvent, UsageSample

    first = await api.post("/usage", REPORT)
    second = await api.post("/usage", REPORT | {"tokens": {"history": 5}})

    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json()["duplicate"] is True
    assert second.json()["events"] == []
    assert second.json()["budget"] == first.json()["budget"]
    counts = await in_db(
        lambda: (
            UsageSample.objects.count(),
            ThresholdEvent.objects.count(),
            LLMSession.objects.get().sample_count,
        )
    )
    assert counts == (1, 1, 1)


@pytest.mark.parametrize(
    ("used", "level", "action", "events"),
    [
        (0, "ok", "none", 0),
        (156_799, "ok", "none", 0),
        (156_800, "warning", "warn", 1),
        (166_599, "warning", "warn", 1),
        (166_600, "compress", "compress", 1),
        (186_199, "compress", "compress", 1),
        (186_200, "critical", "force_compress", 1),
        (196_000, "critical", "force_compress", 1),
        (196_001, "exceeded", "compress_now", 1),
    ],
)
async def test_each_edge_gives_its_level_action_and_events(
    api: Any, used: int, level: str, action: str, events: int
) -> None:
    response = await api.post(
        "/usage", {"session": "edge", "tokens": {"history": used}}
    )

    budget = response.json()["budget"]
    assert (budget["level"], budget["action"]) == (level, action)
    assert len(response.json()["events"]) == events


async def test_a_late_report_takes_its_place_and_leaves_the_present(
    api: Any, in_db: Any
) -> None:
    from tracker.models import LLMSession, ThresholdEvent, UsageSample

    now = {"session": "s", "at": "2026-11-22T10:00:00Z", "tokens": {"history": 10}}
    late = {
        "session": "s",
        "at": "2026-11-22T09:00:00Z",
        "tokens": {"history": 190_000},
    }
    await api.post("/usage", now)

    response = await api.post("/usage", late)

    assert response.status_code == 201
    assert response.json()["late"] is True

    def state() -> tuple[Any, ...]:
        session = LLMSession.objects.get()
        samples = UsageSample.objects.order_by("at").values_list(
            "used_tokens", "is_late"
        )
        return session.used_tokens, list(samples), ThresholdEvent.objects.count()

    assert await in_db(state) == (10, [(190_000, True), (10, False)], 0)


async def test_a_clock_far_ahead_is_stored_at_receipt(api: Any, in_db: Any) -> None:
    from tracker.models import UsageSample

    await api.post(
        "/usage",
        {"session": "s", "at": "2999-01-01T00:00:00Z", "tokens": {"history": 1}},
    )

    sample = await in_db(UsageSample.objects.get)
    assert sample.is_clock_skewed
    assert sample.at.year < 2999


async def test_usage_of_anthropic_counts_the_cache_in(api: Any) -> None:
    response = await api.post(
        "/usage",
        {
            "session": "chat-43",
            "model": "claude-sonnet-4-5",
            "usage": {
                "input_tokens": 5190,
                "cache_read_input_tokens": 20436,
                "cache_creation_input_tokens": 46714,
                "output_tokens": 29,
            },
        },
    )

    budget = response.json()["budget"]
    assert budget["used_tokens"] == 72_340
    assert budget["source"] == "reported"
    assert budget["parts"]["unattributed"] == 72_340


@pytest.mark.parametrize(
    "body",
    [
        b'{"session": "s", "system": "words"}',
        b'{"session": "s", "system"\n:  "words"}',
        b'{"session": "s", "user_context": "words"}',
        b'{"session": "s", "\\u0073ystem": "words"}',
    ],
)
async def test_text_is_counted_however_its_name_is_written(
    api: Any, body: bytes
) -> None:
    from tracker.reading.policies.policy_shelf import forget_policies

    await api.post("/usage", {"session": "s", "tokens": {"history": 1}})
    forget_policies()  # so that counting must ask the store

    answer = await api.post("/usage", body)

    assert answer.status_code == 201, answer.text
    assert answer.json()["budget"]["used_tokens"] > 0
